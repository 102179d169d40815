# Curves with competing events, ties and delayed entry. The sixty children are made here
# (seeded, SYNTHETIC) and written beside the values.
# Run in this folder: Rscript curves.R   Writes competing.csv and curves.json.
suppressMessages({library(survival); library(etm); library(cmprsk); library(jsonlite)})
set.seed(20240618)
n <- 60
start <- ifelse(runif(n) < 0.4, sample(1:20, n, TRUE), 0)
stop <- start + sample(1:40, n, TRUE)
event <- sample(0:2, n, TRUE, prob = c(0.35, 0.35, 0.3))
group <- sample(c("a", "b"), n, TRUE)
d <- data.frame(patient_id = sprintf("S%02d", 1:n), start, stop, event, group)
write.csv(d, "competing.csv", row.names = FALSE, quote = FALSE)
d$state <- factor(d$event, 0:2, c("none", "one", "two"))

aj <- function(d) {
  s <- survfit(Surv(start, stop, state) ~ 1, d, id = patient_id, conf.type = "log-log")
  list(time = s$time, n_at_risk = s$n.risk[, 1], estimate_1 = s$pstate[, 2],
       estimate_2 = s$pstate[, 3], se_1 = s$std.err[, 2], se_2 = s$std.err[, 3])
}
tra <- matrix(FALSE, 3, 3)
tra[1, 2:3] <- TRUE
long <- data.frame(id = d$patient_id, from = 0, to = ifelse(d$event == 0, "cens", d$event),
                   entry = d$start, exit = d$stop)
m <- etm(long, c("0", "1", "2"), tra, "cens", 0)
limits <- summary(m, ci.fun = "log-log")
km <- survfit(Surv(start, stop, event == 1) ~ 1, d, conf.type = "log-log")
undelayed <- cuminc(d$stop - d$start, d$event)
last <- function(x) data.frame(t = x$time, e = x$est, v = x$var)
by_end <- function(x) { x <- last(x); x[!duplicated(x$t, fromLast = TRUE), ] }
c1 <- by_end(undelayed[["1 1"]])
out <- list(
  R = R.version.string,
  packages = lapply(c(survival = "survival", etm = "etm", cmprsk = "cmprsk"),
                    function(p) as.character(packageVersion(p))),
  survfit = aj(d), survfit_a = aj(d[d$group == "a", ]),
  etm = list(time = m$time, estimate_1 = m$est[1, 2, ], estimate_2 = m$est[1, 3, ],
             se_1 = sqrt(m$cov["0 1", "0 1", ]), se_2 = sqrt(m$cov["0 2", "0 2", ]),
             lower_1 = limits[["0 1"]]$lower, upper_1 = limits[["0 1"]]$upper,
             time_ci = limits[["0 1"]]$time),
  kaplan_meier = list(time = km$time, n_at_risk = km$n.risk, estimate = km$surv,
                      se = km$std.err * km$surv, lower = km$lower, upper = km$upper),
  cuminc_undelayed = list(time = c1$t, estimate_1 = c1$e, se_1 = sqrt(c1$v)))
write(toJSON(out, digits = NA, pretty = TRUE), "curves.json")
