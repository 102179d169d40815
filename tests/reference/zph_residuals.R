# Scaled Schoenfeld residuals of cox.zph (survival 3), by term and by coefficient, and the variance
# that plot.cox.zph takes of them; Efron, km scale. Rows by time of the event.
# smooth: the curve and band of plot.cox.zph(df = 4) at its 40 points for the first term, worked
# out as that function does, but with the spline's knots at quantiles of the events alone.
# Run in this folder: Rscript zph_residuals.R   Writes zph_residuals.json.
source("engine_fits.R")
library(splines)
smooth <- function(z, i) {
  xx <- z$x; at <- seq(min(xx), max(xx), length = 40)
  base <- ns(xx, df = 4, intercept = TRUE)
  p <- predict(base, at); q <- qr(base)
  bk <- backsolve(q$qr[1:4, 1:4], diag(4))
  list(x = at, fit = drop(p %*% qr.coef(q, z$y[, i])), se = sqrt(z$var[i, i] * drop(((p %*% (bk %*% t(bk))) * p) %*% rep(1, 4))))
}
one <- function(name) {
  fit <- cox_fit(fits[[name]], "efron")
  lapply(list(by_term = TRUE, by_coefficient = FALSE), function(terms) {
    z <- cox.zph(fit, terms = terms)
    list(rows = colnames(z$y), time = plain(z$time), x = plain(z$x), y = unname(z$y), var = plain(diag(z$var)), smooth = smooth(z, 1))
  })
}
chosen <- c("lung_interaction", "pbc_factor", "heart_plain", "weighted_frac")
put(list(fits = setNames(lapply(chosen, one), chosen)), "zph_residuals.json", digits = rows, note = list(about = "cox.zph(fit)$y and $var"))
