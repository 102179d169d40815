# Study size by R's own functions: the sum over K and x written out, with binom.test for every
# split, the penalised likelihood maximised by optimize, Schoenfeld's formula, and the expected
# number of events by integrate. Run in this folder: Rscript study_size.R
share_of <- function(p, r) p * r / (p * r + 1 - p)

p_exact <- function(x, k, p) binom.test(x, k, p)$p.value
p_central <- function(x, k, p) min(1, 2 * min(pbinom(x, k, p), pbinom(x - 1, k, p, lower.tail = FALSE)))
p_firth <- function(x, k, p) {
  # b: log hazard ratio; Jeffreys' penalty is half the log of the information k pi (1 - pi)
  penalised <- function(b) {
    q <- plogis(qlogis(p) + b)
    x * log(q) + (k - x) * log1p(-q) + 0.5 * log(k * q * (1 - q))
  }
  top <- optimize(penalised, c(-25, 25), maximum = TRUE, tol = 1e-10)$objective
  pchisq(2 * (top - penalised(0)), 1, lower.tail = FALSE)
}
tests <- list(firth = p_firth, exact = p_exact, central = p_central)

power_of <- function(test, n, q, p, r, alpha) {
  total <- 0
  for (k in 1:qbinom(1e-11, n, q, lower.tail = FALSE)) {
    rejected <- sapply(0:k, function(x) tests[[test]](x, k, p) <= alpha)
    total <- total + dbinom(k, n, q) * sum(dbinom((0:k)[rejected], k, share_of(p, r)))
  }
  total
}

# Chance that a child's first perforation is seen: published lognormal course (median 9 months,
# spread 1.1), loss at a constant rate, follow-up between f and f + a years.
seen <- function(f, a, risk, loss) {
  median <- 9 * 365.25 / 12
  upto <- function(t) {
    density <- function(d) dlnorm(d, log(median), 1.1) * exp(-loss / 365.25 * d)
    parts <- c(0, 100, 300, 1000, t)
    parts <- unique(pmin(parts, t))
    sum(sapply(seq_along(parts)[-1], function(i)
      integrate(density, parts[i - 1], parts[i], rel.tol = 1e-10)$value))
  }
  scale <- risk / plnorm(730, log(median), 1.1)
  f <- f * 365.25
  a <- a * 365.25
  if (a == 0) return(scale * upto(f))
  scale * integrate(Vectorize(upto), f, f + a, rel.tol = 1e-8)$value / a
}

schoenfeld <- function(p, r, power, alpha)
  (qnorm(1 - alpha / 2) + qnorm(power))^2 / (p * (1 - p) * log(r)^2)

rows <- list()
add <- function(figure, value, test = "", n = NA, f = NA, a = NA, loss = NA, risk = NA, p = NA,
                r = NA, power = NA, alpha = NA)
  rows[[length(rows) + 1]] <<- data.frame(figure, test, n, f, a, loss, risk, p, r, power, alpha,
                                          value)

designs <- list(c(302, 2, 0, 0, 0.02), c(300, 5, 3, 0.04, 0.02), c(600, 2, 8, 0.04, 0.007))
questions <- list(c(0.21, 8, 0.05), c(0.21, 1, 0.05), c(0.03, 4, 0.05), c(0.5, 0.2, 0.1))
for (d in designs) {
  q <- seen(d[2], d[3], d[5], d[4])
  add("expected_events", d[1] * q, n = d[1], f = d[2], a = d[3], loss = d[4], risk = d[5])
  for (s in questions) for (test in names(tests))
    add("power", power_of(test, d[1], q, s[1], s[2], s[3]), test, d[1], d[2], d[3], d[4], d[5],
        s[1], s[2], alpha = s[3])
}
for (s in list(c(0.21, 8, 0.8, 0.05), c(0.03, 1.5, 0.9, 0.05), c(0.5, 2, 0.8, 0.01)))
  add("schoenfeld_events", schoenfeld(s[1], s[2], s[3], s[4]), p = s[1], r = s[2], power = s[3],
      alpha = s[4])
out <- do.call(rbind, rows)
out$value <- sprintf("%.10g", out$value)
write.csv(out, "study_size.csv", row.names = FALSE, na = "", quote = FALSE)
cat(R.version.string, "\n")
