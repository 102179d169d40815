# Estimates of every fit in engine_fits.R under both rules for ties.
# naive_var is the inverse information; var is coxph's own var: the robust one when there is a
# cluster or when weights are not whole (then each row is its own cluster), else naive_var again.
# robust_var_by_row is crossprod(residuals(fit, "dfbeta", weighted = TRUE)), always recorded.
# score_test is at beta = 0 with the inverse information there; rscore its robust counterpart.
# means are coxph's centres. loglik is at (0, estimate).
# Run in this folder: Rscript engine_coxph.R   Writes engine_coxph.json.
source("engine_fits.R")
one <- function(s, ties) {
  fit <- cox_fit(s, ties)
  naive <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  dfb <- as.matrix(residuals(fit, "dfbeta", weighted = TRUE))
  list(terms = names(coef(fit)), coef = plain(coef(fit)), loglik = fit$loglik, naive_var = plain(naive),
       var = plain(fit$var), is_robust = !is.null(fit$naive.var), robust_var_by_row = plain(crossprod(dfb)),
       score_test = fit$score, rscore = fit$rscore, wald_test = plain(fit$wald.test), n = fit$n, nevent = fit$nevent,
       means = plain(fit$means))
}
out <- lapply(fits, function(s) c(s, list(call = words(s), efron = one(s, "efron"), breslow = one(s, "breslow"))))
put(list(fits = out), "engine_coxph.json",
    note = list(about = "coxph; see engine_coxph.R for which variance is which"))
