# Firth's penalised Cox fits with strata, weights, clusters and offsets. No R package at hand fits
# them, so the modified score is solved in R on coxph's own functions: score = column sums of
# weighted score residuals, information = inverse of the naive variance, both by coxph at a given
# beta (init, iter.max = 0); the derivative of 0.5 log det information by a five-point difference.
# penalised_loglik = loglik + 0.5 log det information. var: inverse information at the estimate.
# check is the largest modified score left. Plain Firth fits with profile limits by coxphf: firth.json.
# Run in this folder: Rscript engine_firth.R   Writes engine_firth.json.
source("engine_fits.R")
chosen <- c("heart_plain", "lung_offset", "weighted_plain", "weighted_strata", "weighted_whole", "weighted_frac", "weighted_all")
at <- function(s, ties, b, rows, f) {
  call <- list(as.name("coxph"), f, data = as.name("d"), ties = ties, init = b,
               control = coxph.control(iter.max = 0, toler.chol = 1e-15), x = TRUE)
  if (!is.null(s$weights)) call$weights <- as.name(s$weights)
  d <<- rows
  fit <- suppressWarnings(eval(as.call(call), globalenv()))
  v <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  list(fit = fit, var = v, half_log_det = -0.5 * as.numeric(determinant(v)$modulus), loglik = fit$loglik[2])
}
one <- function(k, ties) {
  s <- fits[[k]]; rows <- read_rows(s); f <- cox_formula(s, rows)
  b <- coef(cox_fit(s, ties, rows, f)); p <- length(b)
  for (i in 1:200) {
    here <- at(s, ties, b, rows, f)
    score <- colSums(as.matrix(residuals(here$fit, "score", weighted = TRUE)))
    slope <- sapply(1:p, function(j) {
      h <- 1e-3 * sqrt(here$var[j, j]); e <- function(m) at(s, ties, replace(b, j, b[j] + m * h), rows, f)$half_log_det
      (e(-2) - 8 * e(-1) + 8 * e(1) - e(2)) / (12 * h)
    })
    step <- drop(here$var %*% (score + slope))
    if (max(abs(step) / sqrt(diag(here$var))) < 1e-10) break
    b <- b + step
  }
  null <- at(s, ties, rep(0, p), rows, f)
  list(terms = names(b), coef = plain(b), var = plain(here$var), loglik = here$loglik,
       penalised_loglik = here$loglik + here$half_log_det, penalised_loglik_null = null$loglik + null$half_log_det,
       check = max(abs(score + slope)))
}
out <- lapply(chosen, function(k) list(call = words(fits[[k]]), efron = one(k, "efron"), breslow = one(k, "breslow")))
names(out) <- chosen
put(list(fits = out), "engine_firth.json", note = list(about = "Firth Cox by hand on coxph's score and information"))
