# Plain Cox fits of the Stanford heart-transplant rows (survival::heart) under both rules for
# ties, with profile limits by uniroot on coxph's own log-likelihood, and the log-likelihood,
# score and information at a point away from the maximum (delayed entry).
# Run in this folder: Rscript coxph.R   Writes coxph.json.
suppressMessages({library(survival); library(jsonlite)})
d <- read.csv("heart.csv")
terms <- c("age", "year", "surgery", "transplant")
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 200)

profile_limit <- function(fit, x, k, side, ties) {
  y <- Surv(d$start, d$stop, d$event)
  drop <- function(b) {
    shift <- b * x[, k]
    inner <- coxph(y ~ x[, -k] + offset(shift), ties = ties, control = tight)
    2 * (fit$loglik[2] - inner$loglik[2]) - qchisq(0.95, 1)
  }
  est <- fit$coefficients[k]
  se <- sqrt(fit$var[k, k])
  uniroot(drop, sort(c(est, est + side * 6 * se)), tol = 1e-13)$root
}

one <- function(ties) {
  fit <- coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, d,
               ties = ties, control = tight)
  x <- as.matrix(d[, terms])
  at <- c(0.01, -0.05, -0.3, 0.2)
  away <- coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, d,
                ties = ties, init = at, control = coxph.control(iter.max = 0))
  detail <- coxph.detail(away)
  list(terms = terms, coef = unname(coef(fit)), se = sqrt(diag(fit$var)), var = fit$var,
       loglik = fit$loglik, z = unname(coef(fit)) / sqrt(diag(fit$var)),
       p = unname(summary(fit)$coefficients[, "Pr(>|z|)"]),
       lower = sapply(1:4, function(k) profile_limit(fit, x, k, -1, ties)),
       upper = sapply(1:4, function(k) profile_limit(fit, x, k, 1, ties)),
       at = at, loglik_at = away$loglik[2],
       score_at = unname(colSums(as.matrix(detail$score))),
       information_at = unname(apply(detail$imat, 1:2, sum)))
}
out <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
            call = "coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart)",
            efron = one("efron"), breslow = one("breslow"))
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "coxph.json")
