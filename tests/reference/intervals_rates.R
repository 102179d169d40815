# Rates: ratios of two Poisson rates (poisson.test), over strata (Epi::mh; the exact conditional
# law by hand), standardised ratios (poisson.test) and directly standardised rates (gamma
# limits of Fay and Feuer by their formulas). All counts are made up (SYNTHETIC).
# Run in this folder: Rscript intervals_rates.R   Writes intervals_rates.json.
suppressMessages({library(Epi); library(jsonlite)})
cells <- list(c(5, 300, 1, 900), c(0, 300, 4, 900), c(4, 300, 0, 900), c(11, 800, 23, 3011),
              c(6 + 8 + 7, 3000.5, 3, 10), c(41, 28010, 15, 19017), c(700, 10, 650, 11.5),
              c(1, 1, 1, 1))
two <- do.call(rbind, lapply(cells, function(x) do.call(rbind, lapply(c(0.95, 0.8), function(l) {
  t <- poisson.test(x[c(1, 3)], x[c(2, 4)], conf.level = l)
  data.frame(a = x[1], t1 = x[2], b = x[3], t0 = x[4], level = l, ratio = unname(t$estimate),
             low = t$conf.int[1], high = t$conf.int[2], p = t$p.value)
}))))

# exact law over strata, by brute force: every table with these totals
strata <- list(few = data.frame(a = c(3, 1, 0), t1 = c(50, 80, 30), b = c(1, 2, 3),
                                t0 = c(120, 90, 200)),
               none = data.frame(a = c(2, 3), t1 = c(10, 20), b = c(0, 0), t0 = c(40, 50)),
               many = data.frame(a = c(12, 30, 8, 5), t1 = c(100, 300, 150, 40),
                                 b = c(9, 14, 11, 2), t0 = c(140, 260, 310, 90)))
law <- function(d, r) {
  out <- 1
  for (k in seq_len(nrow(d))) {
    n <- d$a[k] + d$b[k]
    p <- r * d$t1[k] / (r * d$t1[k] + d$t0[k])
    one <- dbinom(0:n, n, p)
    new <- numeric(length(out) + n)
    for (i in 0:n) new[seq_along(out) + i] <- new[seq_along(out) + i] + out * one[i + 1]
    out <- new
  }
  out
}
exact <- function(d, half) {
  s <- sum(d$a); N <- s + sum(d$b)
  few <- function(r) { p <- law(d, r); sum(p[0:s]) + half * p[s + 1] }
  many <- function(r) { p <- law(d, r); sum(p[seq_along(p) > s + 1]) + half * p[s + 1] }
  solve <- function(f) exp(uniroot(function(b) f(exp(b)), c(-15, 15), tol = 1e-13)$root)
  mean_of <- function(r) sum(law(d, r) * (0:N))
  list(ratio = if (s == N) Inf else solve(function(r) mean_of(r) - s),
       low = solve(function(r) many(r) - 0.025),
       high = if (s == N) Inf else solve(function(r) few(r) - 0.025),
       p = min(1, 2 * min(few(1), many(1))))
}
mantel <- function(d) {
  cases <- rbind(d$a, d$b); time <- rbind(d$t1, d$t0) + 0.0
  dimnames(cases) <- dimnames(time) <- list(g = c("1", "0"), s = seq_len(nrow(d)))
  m <- mh(cases, time, compare = "g", cohort = TRUE, confidence = 0.95)
  time_all <- d$t1 + d$t0
  se <- sqrt(sum((d$a + d$b) * d$t1 * d$t0 / time_all^2) /
             (sum(d$a * d$t0 / time_all) * sum(d$b * d$t1 / time_all)))
  list(ratio = unname(m$ratio), se_epi = unname(m$se.log.ratio), se = se,
       p_epi = unname(m$p.value))
}
layered <- lapply(strata, function(d) list(table = d, exact = exact(d, 1), mid = exact(d, 0.5)))
for (k in c("few", "many")) layered[[k]]$mantel <- mantel(strata[[k]])

# standardised
age <- data.frame(band = c("0-4", "5-9", "10-14", "15+"), n = c(2, 5, 1, 0),
                  years = c(512.5, 830, 640.25, 120), rate = c(1.2, 3.1, 2.2, 0.4),
                  weight = c(30, 32, 25, 13))
expected <- sum(age$years * age$rate / 1000)
t <- poisson.test(sum(age$n), expected)
smr <- list(observed = sum(age$n), expected = expected, ratio = unname(t$estimate) ,
            low = t$conf.int[1], high = t$conf.int[2],
            p_central = min(1, 2 * min(ppois(sum(age$n), expected),
                                       ppois(sum(age$n) - 1, expected, lower.tail = FALSE))))
w <- age$weight / sum(age$weight)
y <- sum(w * age$n / age$years)
v <- sum(w^2 * age$n / age$years^2)
m <- max(w / age$years)
direct <- list(rate = y, low = qgamma(0.025, y^2 / v, scale = v / y),
               high = qgamma(0.975, (y + m)^2 / (v + m^2), scale = (v + m^2) / (y + m)))
out <- list(R = R.version.string, Epi = as.character(packageVersion("Epi")), two = two,
            strata = layered, age = age, smr = smr, direct = direct)
write(toJSON(out, digits = NA, auto_unbox = TRUE, dataframe = "columns"),
      "intervals_rates.json")
