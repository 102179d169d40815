# Baseline hazards and survival of new rows, for fits of engine_fits.R.
# basehaz: basehaz(fit, centered = FALSE), that is, all covariates 0 (survival's hazard follows the
# rule for ties of the fit: Efron's or Breslow's). With an offset in the fit R's basehaz sets the
# offset to its mean, so there survfit(newdata with offset 0) is recorded instead.
# survival: summary(survfit(fit, newdata, conf.type), times) of each new row: surv, its standard error
# (std_err: of surv; std_chaz: of the cumulative hazard), cumhaz, and limits of types "log" (R's
# default) and "log-log". New rows name their stratum. Robust fits use the robust variance in std_err.
# Run in this folder: Rscript engine_baseline.R   Writes engine_baseline.json.
source("engine_fits.R")
new <- list(
  lung_plain = data.frame(age = c(50, 72), sex = c(1, 2), ph_ecog = c(0, 2), wt_loss = c(0, 20)),
  lung_strata = data.frame(age = c(50, 72), sex = c(1, 2), ph_ecog = c(0, 2), wt_loss = c(0, 20)),
  lung_cluster = data.frame(age = c(50, 72), sex = c(1, 2), ph_ecog = c(0, 2), wt_loss = c(0, 20)),
  lung_offset = data.frame(sex = c(1, 2), ph_ecog = c(0, 2), off = c(0, 0.3)),
  pbc_plain = data.frame(age = c(40, 65), log_bili = c(0, 2), albumin = c(4, 3), log_protime = c(2.3, 2.5), edema = c(0, 1)),
  heart_plain = data.frame(age = c(0, -10), year = c(1, 4), surgery = c(0, 1), transplant = c(1, 0)),
  weighted_whole = data.frame(x1 = c(0, 1), x2 = c(0, 1), group = c("a_none", "c_high")),
  weighted_frac = data.frame(x1 = c(0, 1), x2 = c(0, 1), group = c("a_none", "c_high")),
  weighted_all = data.frame(x1 = c(0, 1), x2 = c(0, 1), group = c("a_none", "c_high"), off = c(0, 0.3), stratum = c("A", "C")))
when <- list(lung.csv = c(5, 100, 365, 700, 1000), pbc.csv = c(41, 365, 1500, 3000, 4500),
             heart.csv = c(1, 30, 100, 500, 1800), weighted.csv = c(1, 3, 6, 10, 15))
one <- function(k, ties) {
  s <- fits[[k]]
  fit <- cox_fit(s, ties)
  at_zero <- NULL
  if (is.null(s$offset)) {
    b <- basehaz(fit, centered = FALSE)
    at_zero <- list(time = b$time, hazard = b$hazard, strata = as.character(b$strata))
  } else {
    zero <- d[1, ]
    for (v in setdiff(all.vars(cox_formula(s, d)[[3]]), s$strata)) if (is.numeric(d[[v]])) zero[[v]] <- 0
    if (!is.null(zero$group)) zero$group <- factor("a_none", levels(d$group))
    for (g in if (is.null(s$strata)) "" else levels(d[[s$strata]])) {
      if (g != "") zero[[s$strata]] <- factor(g, levels(d[[s$strata]]))
      b <- survfit(fit, newdata = zero, se.fit = FALSE)
      at_zero <- list(time = c(at_zero$time, b$time), hazard = c(at_zero$hazard, b$cumhaz),
                      strata = c(at_zero$strata, rep(g, length(b$time))))
    }
    if (is.null(s$strata)) at_zero$strata <- NULL
  }
  rows <- lapply(seq_len(nrow(new[[k]])), function(i) {
    at <- function(type) summary(survfit(fit, newdata = new[[k]][i, ], conf.type = type), times = when[[s$data]], extend = TRUE)
    a <- at("log"); b <- at("log-log")
    list(times = when[[s$data]], surv = a$surv, cumhaz = a$cumhaz, std_err = a$std.err, std_chaz = a$std.chaz,
         lower_log = a$lower, upper_log = a$upper, lower_loglog = b$lower, upper_loglog = b$upper)
  })
  list(basehaz = at_zero, survival = rows)
}
out <- lapply(names(new), function(k) list(call = words(fits[[k]]), newdata = new[[k]], efron = one(k, "efron"), breslow = one(k, "breslow")))
names(out) <- names(new)
put(list(fits = out), "engine_baseline.json", note = list(about = "basehaz and survfit.coxph of fits in engine_coxph.json"))
