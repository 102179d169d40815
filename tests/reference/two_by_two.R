# Two-by-two tables: fisher.test, and its own conditional law solved to full precision (fisher.test
# stops uniroot at 1e-4). counts: events and children of the exposed, then of the unexposed.
# mid: half of the observed table in each tail. Run in this folder: Rscript two_by_two.R
suppressMessages(library(jsonlite))
options(digits = 17)
answer <- function(counts) {
  a <- counts[1]; n1 <- counts[2]; b <- counts[3]; n0 <- counts[4]
  events <- a + b; x <- max(0, events - n0):min(events, n1)
  base <- dhyper(x, n1, n0, events, log = TRUE)
  law <- function(l) { d <- base + x * l; d <- exp(d - max(d)); d / sum(d) }
  upper <- function(l, half) { d <- law(l); sum(d[x > a]) + half * d[x == a] }
  lower <- function(l, half) { d <- law(l); sum(d[x < a]) + half * d[x == a] }
  root <- function(f) exp(uniroot(f, c(-40, 40), tol = 1e-14, maxiter = 10000)$root)
  edge_low <- a == min(x); edge_high <- a == max(x)
  low <- function(half) if (edge_low) 0 else root(function(l) upper(l, half) - 0.025)
  high <- function(half) if (edge_high) Inf else root(function(l) lower(l, half) - 0.025)
  est <- if (edge_low) 0 else if (edge_high) Inf else root(function(l) sum(law(l) * x) - a)
  f <- fisher.test(matrix(c(a, b, n1 - a, n0 - b), 2))
  list(counts = counts, p_value = f$p.value, fisher = as.character(c(f$estimate, f$conf.int)),
       estimate = as.character(est), low = as.character(low(1)), high = as.character(high(1)),
       mid_low = as.character(low(0.5)), mid_high = as.character(high(0.5)),
       risk_exposed = c(binom.test(a, n1)$conf.int))
}
tables <- list(c(5, 30, 1, 100), c(2, 40, 3, 60), c(0, 25, 4, 75), c(3, 3, 1, 4), c(6, 212, 2, 388),
               c(12, 50, 20, 49), c(1, 2, 1, 3), c(7, 10, 9, 11))
write(toJSON(list(R = R.version.string, tables = lapply(tables, answer)), digits = NA, auto_unbox = TRUE), "two_by_two.json")
