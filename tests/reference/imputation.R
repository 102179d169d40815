# Pooling after imputation, by other software, on five imputed copies of a small SYNTHETIC
# data set with few events.
# - rubin: glm and coxph pooled by mice::pool, with its degrees of freedom.
# - clip: combined likelihood profiles of Firth fits by brute force: the penalised likelihood
#   is written out here, maximised by optim with one coefficient held, and the mean of
#   pnorm(signed root) is inverted by uniroot. Shares no code with any package.
# - logistf: CLIP.confint of the package logistf on the same logistic fits. logistf was built from its
#   source for this; without it the script stops before it writes anything.
# - nelson_aalen: mice::nelsonaalen of the observed times.
# Run in this folder: Rscript imputation.R   Writes imputation.csv and imputation.json.
if (!requireNamespace("logistf", quietly = TRUE)) {
  stop("the package logistf is not installed: imputation.json would lose its block logistf, and is left as it is")
}
suppressMessages({library(mice); library(survival); library(jsonlite)})
set.seed(20130811)
n <- 80; m <- 5
x <- rbinom(n, 1, 0.35); z <- round(rnorm(n), 2)
y <- rbinom(n, 1, plogis(-3.0 + 1.4 * x + 0.4 * z))
time <- round(rexp(n, 0.01 * exp(1.2 * x)), 3) + 1
gone <- sample(n, 18)
fit0 <- glm(x ~ y + z, binomial, subset = -gone)
data <- do.call(rbind, lapply(1:m, function(k) {
  b <- MASS::mvrnorm(1, coef(fit0), vcov(fit0))
  xi <- x
  xi[gone] <- rbinom(length(gone), 1, plogis(b[1] + b[2] * y[gone] + b[3] * z[gone]))
  data.frame(imputation = k, missing = seq_len(n) %in% gone, x = xi, z = z, y = y, time = time)
}))
write.csv(data, "imputation.csv", row.names = FALSE, quote = FALSE)
parts <- split(data, data$imputation)

pooled <- function(fits, dfcom = NULL) {
  p <- pool(as.mira(fits), dfcom = dfcom)
  s <- summary(p, conf.int = TRUE)
  list(term = as.character(s$term), estimate = s$estimate, se = s$std.error, df = s$df,
       p = s$p.value, lower = s[["2.5 %"]], upper = s[["97.5 %"]], within = p$pooled$ubar,
       between = p$pooled$b, total = p$pooled$t, riv = p$pooled$riv, fmi = p$pooled$fmi)
}
glms <- lapply(parts, function(d) glm(y ~ x + z, binomial, d,
                                      control = glm.control(epsilon = 1e-14, maxit = 100)))
cox <- lapply(parts, function(d) coxph(Surv(time, y) ~ x + z, d,
                                       control = coxph.control(eps = 1e-12, toler.chol = 1e-15, iter.max = 100)))

logistic <- function(d) {
  X <- cbind(1, d$x, d$z)
  function(b) {
    eta <- drop(X %*% b); w <- plogis(eta) * plogis(-eta)
    sum(d$y * eta - log1p(exp(eta))) + 0.5 * determinant(t(X) %*% (X * w))$modulus[1]
  }
}
partial <- function(d) {
  X <- cbind(d$x, d$z)
  function(b) {
    value <- 0; info <- matrix(0, 2, 2)
    for (i in which(d$y == 1)) {
      at <- d$time >= d$time[i]
      r <- exp(drop(X[at, , drop = FALSE] %*% b)); p <- r / sum(r)
      mean <- drop(crossprod(X[at, , drop = FALSE], p))
      value <- value + sum(X[i, ] * b) - log(sum(r))
      info <- info + t(X[at, , drop = FALSE]) %*% (X[at, , drop = FALSE] * p) - tcrossprod(mean)
    }
    value + 0.5 * determinant(info)$modulus[1]
  }
}
climb <- function(f, start) {
  if (length(start) == 1) {
    o <- optimise(f, c(-15, 15), maximum = TRUE, tol = 1e-10)
    return(list(par = o$maximum, value = o$objective))
  }
  for (i in 1:4) {
    o <- optim(start, f, method = "BFGS", control = list(fnscale = -1, reltol = 1e-15, maxit = 500))
    o <- optim(o$par, f, control = list(fnscale = -1, reltol = 1e-15, maxit = 5000))
    start <- o$par
  }
  o
}
clip <- function(objective, p, k, level = 0.95) {
  fs <- lapply(parts, objective)
  best <- lapply(fs, climb, start = rep(0, p))
  root <- function(f, o, b) {
    held <- climb(function(rest) f(append(rest, b, k - 1)), o$par[-k])
    sign(b - o$par[k]) * sqrt(max(0, 2 * (o$value - held$value)))
  }
  cdf <- function(b) mean(mapply(function(f, o) pnorm(root(f, o, b)), fs, best))
  centre <- mean(sapply(best, function(o) o$par[k]))
  end <- function(target, side) {
    uniroot(function(b) cdf(b) - target, sort(c(centre, centre + side * 8)), tol = 1e-10)$root
  }
  at0 <- cdf(0)
  list(estimate = centre, lower = end((1 - level) / 2, -1), upper = end((1 + level) / 2, 1),
       p = 2 * min(at0, 1 - at0), own = sapply(best, function(o) o$par[k]))
}
out <- list(R = R.version.string, mice = as.character(packageVersion("mice")),
            rubin = list(logistic = pooled(glms), cox = pooled(cox),
                         logistic_infinite = pooled(glms, dfcom = 1e12)),
            rubin_fits = list(
              events = sum(y),
              logistic = list(estimate = t(sapply(glms, coef)),
                              se = t(sapply(glms, function(f) sqrt(diag(vcov(f)))))),
              cox = list(estimate = t(sapply(cox, coef)),
                         se = t(sapply(cox, function(f) sqrt(diag(vcov(f))))))),
            clip = list(logistic = list(x = clip(logistic, 3, 2), z = clip(logistic, 3, 3),
                                        Intercept = clip(logistic, 3, 1)),
                        logistic_80 = list(x = clip(logistic, 3, 2, 0.80)),
                        cox = list(x = clip(partial, 2, 1), z = clip(partial, 2, 2))),
            nelson_aalen = nelsonaalen(parts[[1]], time, y))
control <- logistf::logistf.control(maxit = 500, maxstep = 5, lconv = 1e-12, gconv = 1e-12, xconv = 1e-12)
fits <- lapply(parts, function(d) logistf::logistf(y ~ x + z, d, control = control,
  plcontrol = logistf::logistpl.control(maxit = 1000, xconv = 1e-9)))
found <- logistf::CLIP.confint(fits, data = unname(parts), control = control)
out$logistf <- list(version = as.character(packageVersion("logistf")),
                    term = found$variable, estimate = found$estimate,
                    lower = found$ci[, 1], upper = found$ci[, 2], p = found$pvalue)
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "imputation.json")
