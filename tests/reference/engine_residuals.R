# Residuals of some fits of engine_fits.R, one number or row per row of the CSV in its order.
# All are weighted = FALSE. residuals.coxph weights dfbeta and dfbetas by default and the others not;
# weighted = TRUE is the weight times the number kept here (checked below; deviance has no such form).
# dfbeta_weighted_collapsed is residuals(fit, "dfbeta", weighted = TRUE, collapse = column), groups sorted.
# schoenfeld and scaledsch have one row per event, in R's order: stratum, time, then row of the CSV;
# event_row gives the row of the CSV (from 1), time and stratum go with it. R multiplies neither by
# weights. scaledsch = coef + (number of events) * schoenfeld %*% naive_var.
# dfbetas divides by the root of the diagonal of naive_var, in robust fits too.
# Run in this folder: Rscript engine_residuals.R   Writes engine_residuals.json.
source("engine_fits.R")
chosen <- c(lung_plain = NA, lung_strata = NA, heart_cluster = "id", cgd_cluster_strata = "id",
            weighted_whole = "id", weighted_frac = "cluster", weighted_all = "cluster")

one <- function(s, ties, collapse) {
  fit <- cox_fit(s, ties)
  get <- function(kind, w = FALSE) plain(residuals(fit, kind, weighted = w))
  out <- list()
  for (kind in c("martingale", "deviance", "score", "dfbeta", "dfbetas")) {
    out[[kind]] <- get(kind)
    if (!is.null(s$weights) && kind != "deviance") stopifnot(all.equal(get(kind, TRUE), d[[s$weights]] * out[[kind]], tolerance = 1e-12))
  }
  if (!is.na(collapse))
    out$dfbeta_weighted_collapsed <- plain(residuals(fit, "dfbeta", weighted = TRUE, collapse = d[[collapse]]))
  stratum <- if (is.null(s$strata)) rep(1, nrow(d)) else as.integer(strata(d[s$strata]))
  order_of_events <- order(stratum, d$stop, -d$died)
  event_row <- order_of_events[d$died[order_of_events] == 1]
  sch <- residuals(fit, "schoenfeld")
  stopifnot(all.equal(as.numeric(rownames(sch)), d$stop[event_row]))
  out$event_row <- event_row
  out$event_stratum <- stratum[event_row]
  out$schoenfeld <- plain(sch)
  out$scaledsch <- plain(residuals(fit, "scaledsch"))
  out
}
out <- lapply(names(chosen), function(k) {
  s <- fits[[k]]
  list(call = words(s), collapse = if (is.na(chosen[[k]])) NULL else chosen[[k]],
       efron = one(s, "efron", chosen[[k]]), breslow = one(s, "breslow", chosen[[k]]))
})
names(out) <- names(chosen)
put(list(fits = out), "engine_residuals.json", digits = rows,
    note = list(about = "residuals.coxph of fits in engine_coxph.json"))
