# Jackknife variances of Cox fits: each child (or cluster) left out in turn and the model refitted.
#   estimates        one row per group left out, groups sorted
#   centred          (n - 1) / n * sum (b_i - mean b)(b_i - mean b)'
#   about_estimate   (n - 1) / n * sum (b_i - b)(b_i - b)', b the estimate of all rows
#   about_estimate_unscaled   sum (b_i - b)(b_i - b)'; the sandwich approximates this one
# Run in this folder: Rscript engine_jackknife.R   Writes engine_jackknife.json.
source("engine_fits.R")
chosen <- list(heart_plain = "id", weighted_strata = "cluster", weighted_frac_child = "id", weighted_all = "cluster", lung_plain_60 = "id")
fits$lung_plain_60 <- fits$lung_plain
one <- function(k, ties) {
  s <- fits[[k]]; by <- chosen[[k]]
  all_rows <- read_rows(s)
  if (k == "lung_plain_60") all_rows <- all_rows[1:60, ]
  f <- cox_formula(s, all_rows)
  b <- coef(cox_fit(s, ties, all_rows, f))
  groups <- sort(unique(all_rows[[by]]))
  left_out <- t(sapply(groups, function(g) coef(cox_fit(s, ties, all_rows[all_rows[[by]] != g, ], f))))
  n <- length(groups)
  spread <- function(centre) crossprod(sweep(left_out, 2, centre))
  list(terms = names(b), coef = plain(b), groups = n, centred = plain((n - 1) / n * spread(colMeans(left_out))),
       about_estimate = plain((n - 1) / n * spread(b)), about_estimate_unscaled = plain(spread(b)),
       estimates = if (n < 65) plain(left_out) else NULL)
}
out <- lapply(names(chosen), function(k) list(call = words(fits[[k]]), rows = if (k == "lung_plain_60") "first 60" else "all",
  by = chosen[[k]], efron = one(k, "efron"), breslow = one(k, "breslow")))
names(out) <- names(chosen)
put(list(fits = out), "engine_jackknife.json", note = list(about = "leave-one-group-out refits by coxph"))
