# Tests of proportional hazards, cox.zph of survival 3 (the score test), for fits of engine_fits.R:
# four scales of time, by coefficient (terms = FALSE) and by term (TRUE). Rows of a table end with
# GLOBAL. x is the transformed time of each event, as cox.zph returns it (kept once per fit).
# Run in this folder: Rscript engine_zph.R   Writes engine_zph.json.
source("engine_fits.R")
chosen <- c("lung_plain", "lung_interaction", "lung_strata", "pbc_plain", "pbc_factor", "heart_plain", "cgd_cluster_strata",
            "weighted_plain", "weighted_strata", "weighted_frac", "weighted_whole", "weighted_all")
table_of <- function(z) list(rows = rownames(z$table), chisq = plain(z$table[, "chisq"]), df = plain(z$table[, "df"]), p = plain(z$table[, "p"]))
one <- function(s, ties) {
  fit <- cox_fit(s, ties)
  scales <- c("km", "rank", "identity", "log")
  out <- lapply(scales, function(scale) {
    z <- cox.zph(fit, transform = scale, terms = FALSE)
    list(by_coefficient = table_of(z), by_term = table_of(cox.zph(fit, transform = scale)),
         x = if (ties == "efron") plain(z$x) else NULL, time = if (ties == "efron" && scale == "km") plain(z$time) else NULL)
  })
  names(out) <- scales
  out
}
out <- lapply(chosen, function(k) list(call = words(fits[[k]]), efron = one(fits[[k]], "efron"), breslow = one(fits[[k]], "breslow")))
names(out) <- chosen
put(list(fits = out), "engine_zph.json", note = list(about = "cox.zph(fit, transform = , terms = ) of fits in engine_coxph.json"))
