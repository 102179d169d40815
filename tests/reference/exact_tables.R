# Exact inference for small tables and counts.
#   fisher   fisher.test: p (two-sided, less, greater), conditional maximum likelihood odds ratio, exact
#            limits; table is [[a, b], [c, d]] with rows exposed/unexposed, columns event/none.
#            estimate_tight is the same root by uniroot at 1e-14 (fisher.test solves to 1e-8 or so).
#            mid_p: by hand from the noncentral hypergeometric: two-sided = 2 min(tail with half the point),
#            limits where that tail is alpha/2. mid_p_by_likelihood: the p of fisher.test with half the
#            probability of tables exactly as likely as the one seen (within 1e-7).
#   poisson  poisson.test exact limits of a rate, two- and one-sided; also mid-p limits by hand
#   poisson_two  poisson.test of two counts: rate ratio, exact limits, p (binomial, conditional)
#   binom    binom.test Clopper-Pearson limits, two- and one-sided
# Limits of 0 or infinity are written as 0 and "Inf".
# Run in this folder: Rscript exact_tables.R   Writes exact_tables.json.
suppressMessages(library(jsonlite))
options(digits = 17)
plain <- function(x) { x <- unname(c(x)); if (any(is.infinite(x))) as.list(ifelse(is.infinite(x), "Inf", x)) else x }
ci <- function(x) { v <- as.numeric(x); lapply(v, function(u) if (is.infinite(u)) "Inf" else u) }

tables <- list(tea = c(3, 1, 1, 3), five_events = c(4, 26, 1, 89), zero_exposed = c(0, 12, 5, 40), zero_unexposed = c(5, 20, 0, 95),
               none = c(0, 10, 0, 15), all = c(4, 0, 3, 9), balanced = c(10, 15, 12, 13), large = c(40, 160, 25, 275), one = c(1, 0, 0, 1))
dnc <- function(t, psi) {  # probabilities of a over its support, noncentral
  m <- t[1] + t[2]; n <- t[3] + t[4]; k <- t[1] + t[3]
  s <- max(0, k - n):min(k, m)
  l <- lchoose(m, s) + lchoose(n, k - s) + s * log(psi)
  p <- exp(l - max(l)); list(s = s, p = p / sum(p))
}
tail_of <- function(t, psi, upper) {  # mid tail: half of the table seen
  q <- dnc(t, psi)
  sum(q$p[if (upper) q$s > t[1] else q$s < t[1]]) + q$p[q$s == t[1]] / 2
}
# cases: odds ratio from 1e-12 to 1e12 on the log scale; no root means 0 or infinity
solve_log <- function(g) { f <- function(l) g(exp(l)); if (f(-28) * f(28) > 0) NA else exp(uniroot(f, c(-28, 28), tol = 1e-14, maxiter = 10000)$root) }
exact_of <- function(t, level = 0.95) {
  m <- matrix(t, 2, byrow = TRUE)
  q0 <- dnc(t, 1); s <- q0$s; edge_low <- t[1] == min(s); edge_high <- t[1] == max(s)
  mean_of <- function(psi) { q <- dnc(t, psi); sum(q$s * q$p) - t[1] }
  a <- (1 - level) / 2
  two <- fisher.test(m, conf.level = level)
  up <- function(psi) { q <- dnc(t, psi); sum(q$p[q$s >= t[1]]) }
  down <- function(psi) { q <- dnc(t, psi); sum(q$p[q$s <= t[1]]) }
  if (length(s) == 1) tight <- list(0, "Inf") else
    tight <- list(if (edge_low) 0 else solve_log(function(u) up(u) - a), if (edge_high) "Inf" else solve_log(function(u) down(u) - a))
  one_sided <- if (length(s) == 1) list(0, "Inf") else
    list(if (edge_low) 0 else solve_log(function(u) up(u) - 2 * a), if (edge_high) "Inf" else solve_log(function(u) down(u) - 2 * a))
  here <- q0$p[s == t[1]]
  list(table = m, level = level, p_two_sided = two$p.value, p_less = fisher.test(m, alternative = "less")$p.value,
       p_greater = fisher.test(m, alternative = "greater")$p.value, estimate = ci(two$estimate)[[1]], limits = ci(two$conf.int),
       estimate_tight = if (length(s) == 1) NA else if (edge_low) 0 else if (edge_high) "Inf" else solve_log(mean_of), limits_tight = tight,
       limits_one_sided_tight = one_sided,
       mid_p = list(less = tail_of(t, 1, FALSE), greater = tail_of(t, 1, TRUE), two_sided = min(1, 2 * min(tail_of(t, 1, FALSE), tail_of(t, 1, TRUE))),
                    by_likelihood = sum(q0$p[q0$p < here * (1 - 1e-7)]) + sum(q0$p[abs(q0$p / here - 1) <= 1e-7]) / 2,
                    limits = if (length(s) == 1) list(0, "Inf") else list(
                      if (edge_low) 0 else solve_log(function(u) tail_of(t, u, TRUE) - a),
                      if (edge_high) "Inf" else solve_log(function(u) tail_of(t, u, FALSE) - a))))
}
rate <- function(x, years, level = 0.95) {
  get <- function(alt) ci(poisson.test(x, years, conf.level = level, alternative = alt)$conf.int)
  mid <- function(side, a) {
    g <- function(mu) (if (side > 0) ppois(x - 1, mu) else ppois(x, mu, lower.tail = FALSE)) + dpois(x, mu) / 2 - a
    uniroot(g, c(1e-300, 10 * x + 50), tol = 1e-14, maxiter = 10000)$root / years
  }
  list(events = x, years = years, level = level, two_sided = get("two.sided"), at_most = get("less"), at_least = get("greater"),
       mid_p_two_sided = list(if (x == 0) 0 else mid(-1, (1 - level) / 2), mid(1, (1 - level) / 2)),
       by_chi_square = list(if (x == 0) 0 else qchisq((1 - level) / 2, 2 * x) / 2 / years, qchisq((1 + level) / 2, 2 * x + 2) / 2 / years))
}
pair <- function(x, years, level = 0.95) {
  f <- poisson.test(x, years, conf.level = level)
  list(events = x, years = years, level = level, ratio = ci(f$estimate)[[1]], limits = ci(f$conf.int), p = f$p.value,
       p_less = poisson.test(x, years, alternative = "less")$p.value, p_greater = poisson.test(x, years, alternative = "greater")$p.value)
}
share <- function(x, n, level = 0.95) {
  get <- function(alt) ci(binom.test(x, n, conf.level = level, alternative = alt)$conf.int)
  list(events = x, n = n, level = level, two_sided = get("two.sided"), at_most = get("less"), at_least = get("greater"))
}
out <- list(R = R.version.string,
  fisher = c(lapply(tables, exact_of), list(five_events_90 = exact_of(tables$five_events, 0.90))),
  poisson = list(rate(0, 250), rate(1, 250), rate(5, 412.5), rate(37, 1000), rate(0, 250, 0.90), rate(5, 412.5, 0.99)),
  poisson_two = list(pair(c(4, 1), c(60, 350)), pair(c(0, 3), c(60, 350)), pair(c(3, 0), c(60, 350)), pair(c(20, 15), c(500, 700)), pair(c(4, 1), c(60, 350), 0.9)),
  binom = list(share(0, 20), share(20, 20), share(1, 30), share(5, 120), share(0, 20, 0.9), share(13, 45, 0.99)))
write(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", na = "null"), "exact_tables.json")
