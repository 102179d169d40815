# Logistic regression: glm(binomial) with case weights and offsets, robust variances written out,
# profile limits, Firth by brglm2.
#   loglik       sum w (y log p + (1 - y) log(1 - p)), by hand (glm's own rounds w y); null: intercept and offset only
#   var          inverse information; robust_by_row, robust_by_cluster: bread %*% meat %*% bread, meat the sum over
#                rows (clusters) of the outer products of w (y - p) x, no finite-sample factor
#   lower, upper 95% profile limits by uniroot on the deviance; confint_* is MASS's spline through the profile
#   firth        brglm2 type = "AS_mean" (coef; var = inverse information there); penalised_loglik and profile limits
#                (information of the full model, as logistf) by hand
#   jackknife    leave-one-cluster-out refits: centred and about_estimate as in engine_jackknife.R
# Run in this folder: Rscript engine_glm.R   Writes engine_glm.json.
suppressMessages({library(brglm2); library(MASS); library(jsonlite)})
options(digits = 17)
tight <- glm.control(epsilon = 1e-14, maxit = 100)
plain <- function(m) if (is.matrix(m)) unname(m) else unname(c(m))
w <- read.csv("weighted.csv", stringsAsFactors = TRUE)
e <- read.csv("endometrial.csv")
spec <- function(data, formula, y, weights = NULL, offset = NULL, cluster = NULL)
  list(data = data, formula = formula, y = y, weights = weights, offset = offset, cluster = cluster)
specs <- list(
  endometrial = spec("endometrial.csv", "PI + EH", "HG"),
  plain = spec("weighted.csv", "x1 + x2 + group", "y", cluster = "cluster"),
  whole = spec("weighted.csv", "x1 + x2 + group", "y", weights = "w_whole", cluster = "id"),
  frac = spec("weighted.csv", "x1 + x2 + group", "y", weights = "w_frac", cluster = "cluster"),
  offset = spec("weighted.csv", "x1 + x2 + group", "y", offset = "off"),
  all = spec("weighted.csv", "x1 * x2 + group", "y", weights = "w_frac", offset = "off", cluster = "cluster"))

one <- function(s) {
  d <- if (s$data == "weighted.csv") w else e
  x <- model.matrix(as.formula(paste("~", s$formula)), d)
  y <- d[[s$y]]
  wt <- if (is.null(s$weights)) rep(1, nrow(d)) else d[[s$weights]]
  off <- if (is.null(s$offset)) rep(0, nrow(d)) else d[[s$offset]]
  loglik <- function(b, x. = x, off. = off) { eta <- drop(x. %*% b) + off.; sum(wt * (y * plogis(eta, log.p = TRUE) + (1 - y) * plogis(-eta, log.p = TRUE))) }
  fit_of <- function(x., off. = off, keep = rep(TRUE, nrow(d))) suppressWarnings(
    glm.fit(x.[keep, , drop = FALSE], y[keep], wt[keep], offset = off.[keep], family = binomial(), control = tight))
  fit <- fit_of(x)
  b <- coef(fit); k <- length(b)
  p <- plogis(drop(x %*% b) + off)
  bread <- solve(crossprod(x, wt * p * (1 - p) * x))
  contribution <- wt * (y - p) * x
  sandwich <- function(g) bread %*% crossprod(rowsum(contribution, g)) %*% bread
  limit <- function(j, side) {
    drop_of <- function(v) { o <- off + v * x[, j]; 2 * (loglik(b) - loglik(coef(fit_of(x[, -j, drop = FALSE], o)), x[, -j, drop = FALSE], o)) - qchisq(0.95, 1) }
    uniroot(drop_of, sort(c(b[j], b[j] + side * 8 * sqrt(bread[j, j]))), tol = 1e-12, maxiter = 1000)$root
  }
  # the same call as a formula for MASS
  d$wt <- wt; d$o <- off
  full <- suppressWarnings(glm(as.formula(paste(s$y, "~", s$formula)), binomial, d, weights = wt, offset = o, control = tight))
  stopifnot(all.equal(plain(coef(full)), plain(b), tolerance = 1e-10))
  spline <- suppressMessages(suppressWarnings(confint(full)))

  firth <- suppressWarnings(brglmFit(x, y, wt, offset = off, family = binomial(),
             control = brglmControl(type = "AS_mean", epsilon = 1e-13, maxit = 10000)))
  pl <- function(b) { p <- plogis(drop(x %*% b) + off); loglik(b) + 0.5 * as.numeric(determinant(crossprod(x, wt * p * (1 - p) * x))$modulus) }
  solve_firth <- function(b, free) {
    for (i in 1:5000) {
      p <- plogis(drop(x %*% b) + off); v <- wt * p * (1 - p); inverse <- solve(crossprod(x, v * x))
      h <- v * rowSums((x %*% inverse) * x)
      u <- drop(crossprod(x, wt * (y - p) + h * (0.5 - p)))[free]
      step <- drop(solve(crossprod(x[, free, drop = FALSE], v * x[, free, drop = FALSE]), u))
      step <- step / max(1, 2 * max(abs(step)))
      b[free] <- b[free] + step
      if (max(abs(step)) < 1e-13) break
    }
    b
  }
  fb <- solve_firth(b * 0, 1:k)
  stopifnot(max(abs(fb - coef(firth))) < 1e-8)
  fp <- plogis(drop(x %*% fb) + off); fv <- solve(crossprod(x, wt * fp * (1 - fp) * x))
  firth_limit <- function(j, side) {
    f <- function(v) 2 * (pl(fb) - pl(solve_firth(replace(fb, j, v), setdiff(1:k, j)))) - qchisq(0.95, 1)
    far <- 1
    while (f(fb[j] + side * far * sqrt(fv[j, j])) < 0) far <- far + 0.5
    uniroot(f, sort(c(fb[j], fb[j] + side * far * sqrt(fv[j, j]))), tol = 1e-12, maxiter = 1000)$root
  }
  jack <- NULL
  if (!is.null(s$cluster)) {
    groups <- sort(unique(d[[s$cluster]])); n <- length(groups)
    left <- t(sapply(groups, function(g) coef(fit_of(x, off, d[[s$cluster]] != g))))
    jack <- list(by = s$cluster, groups = n, centred = plain((n - 1) / n * crossprod(sweep(left, 2, colMeans(left)))),
                 about_estimate = plain((n - 1) / n * crossprod(sweep(left, 2, b))))
  }
  c(s, list(
    call = sprintf("glm(%s ~ %s, binomial%s%s, control = glm.control(epsilon = 1e-14, maxit = 100))", s$y, s$formula,
                   if (is.null(s$weights)) "" else paste0(", weights = ", s$weights), if (is.null(s$offset)) "" else paste0(", offset = ", s$offset)),
    terms = colnames(x), coef = plain(b), var = plain(bread), loglik = c(loglik(coef(fit_of(x[, 1, drop = FALSE])), x[, 1, drop = FALSE]), loglik(b)),
    robust_by_row = plain(sandwich(seq_len(nrow(d)))), robust_by_cluster = if (is.null(s$cluster)) NULL else plain(sandwich(d[[s$cluster]])),
    deviance = fit$deviance, lower = sapply(1:k, limit, side = -1), upper = sapply(1:k, limit, side = 1),
    confint_lower = plain(spline[, 1]), confint_upper = plain(spline[, 2]),
    firth = list(coef = plain(fb), coef_brglm2 = plain(coef(firth)), var = plain(fv), loglik = loglik(fb), penalised_loglik = pl(fb),
                 lower = sapply(1:k, firth_limit, side = -1), upper = sapply(1:k, firth_limit, side = 1)),
    jackknife = jack))
}
out <- c(list(R = R.version.string, brglm2 = as.character(packageVersion("brglm2"))), list(fits = lapply(specs, one)))
write(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", na = "null"), "engine_glm.json")
