# What competing_risks.R leaves out, on mgus2.csv and competing.csv (SYNTHETIC; ties, delayed entry).
#   weighted          finegray(weights = ) + coxph: case weights multiply fgwt, the censoring law ignores them
#   censoring_by_male one censoring law per sex, one baseline. Read as it stands, finegray cuts the rows of a
#                     stratum at that stratum's own event times only, so that its competing rows are absent at
#                     event times of the other sex (`as_it_stands`); here that one line is mended.
#   cengroup          cmprsk::crr(cengroup = ) without ties, where its convention and ours agree
#   split             rows of a child cut at 40: finegray takes them as one child
#   firth             maximum of loglik + 1/2 log det information of the expanded rows, by brute force
#   gray              cuminc()$Tests on small data with ties, 2 to 5 groups, strata and rho
#   jackknife         survfit with rows cut at 15 and a weight per child; `changing` with another weight after 15
#                     (its std_err is left out: survfit takes a child's weight as constant there)
# Run in this folder: Rscript fine_gray.R   Writes fine_gray.json.
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
options(digits = 17)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
plain <- function(m) if (is.matrix(m)) unname(m) else unname(c(m))
d <- read.csv("mgus2.csv")
d$state <- factor(d$event, 0:2)
late <- d[d$entry < d$stop, ]
small <- read.csv("competing.csv")
small$state <- factor(small$event, 0:2)
small$b <- as.numeric(small$group == "b")
small$id <- seq_len(nrow(small))

fit <- function(long, right, ties = "breslow", ...) {
  f <- as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", right))
  m <- eval(substitute(coxph(f, long, weights = fgwt, ties = ties, cluster = id, control = tight), list(f = f, ties = ties)))
  list(coef = plain(coef(m)), naive_var = plain(m$naive.var), var = plain(m$var), loglik = m$loglik)
}
model <- "age + male + mspike"
mended <- finegray
body(mended) <- parse(text = sub("keep & status == enum, 2", "status == enum, 2", deparse(body(finegray), width.cutoff = 500), fixed = TRUE))
environment(mended) <- environment(finegray)
by_male <- mended(Surv(stop, state) ~ age + mspike + id + strata(male), d, id = id)
by_male$male <- d$male[match(by_male$id, d$id)]
as_it_stands <- finegray(Surv(stop, state) ~ age + mspike + id + strata(male), d, id = id)
as_it_stands$male <- d$male[match(as_it_stands$id, d$id)]
late_by_male <- mended(Surv(entry, stop, state) ~ age + mspike + id + strata(male), late, id = id)
late_by_male$male <- late$male[match(late_by_male$id, late$id)]

set.seed(20250301)
untied <- d[1:300, ]
untied$stop <- untied$stop + round(runif(300), 6)
write.csv(untied[c("id", "stop", "event", "age", "male", "mspike")], "fine_gray_untied.csv", row.names = FALSE, quote = FALSE)
k <- crr(untied$stop, untied$event, as.matrix(untied[c("age", "male", "mspike")]), cengroup = untied$male, gtol = 1e-12, maxiter = 100)

cut_at <- function(d, start, day) {
  long <- d[[start]] < day & d$stop > day
  first <- transform(d, event = ifelse(long, 0, event), stop = ifelse(long, day, stop))
  second <- d[long, ]
  second[[start]] <- day
  all <- rbind(first, second)
  all[order(all$id, all[[start]]), ]
}
cut <- cut_at(late, "entry", 40)
cut$state <- factor(cut$event, 0:2)

firth <- function(code) {
  few <- small[1:25, ]
  long <- finegray(Surv(start, stop, state) ~ b + id, few, etype = as.character(code), id = id)
  objective <- function(b) {
    m <- coxph(Surv(fgstart, fgstop, fgstatus) ~ b, long, weights = fgwt, ties = "breslow", init = b, control = coxph.control(iter.max = 0))
    m$loglik[2] - 0.5 * log(m$naive.var[1, 1])  # var would be robust: the weights are not whole
  }
  o <- optimize(objective, c(-4, 4), maximum = TRUE, tol = 1e-10)
  list(rows = "first 25 of competing.csv", coef = o$maximum, value = o$objective, value_at_zero = objective(0), value_at_one = objective(1))
}

gray <- list()
for (k2 in 1:4) {
  n <- c(40, 30, 120, 60)[k2]
  g <- data.frame(stop = sample(1:25, n, TRUE), event = sample(0:2, n, TRUE, prob = c(.3, .4, .3)),
                  group = sample(1:c(2, 3, 5, 4)[k2], n, TRUE), layer = sample(1:2, n, TRUE))
  run <- function(...) plain(cuminc(g$stop, g$event, g$group, ...)$Tests)
  gray[[k2]] <- list(data = g, plain = run(), strata = run(strata = g$layer), rho = run(rho = 1), both = run(strata = g$layer, rho = 0.5))
}

half <- cut_at(small, "start", 15)
half$state <- factor(half$event, 0:2)
half$w <- 1 + half$b / 2
half$u <- ifelse(half$start >= 15, 2.5, 1) * half$w
s <- survfit(Surv(start, stop, state) ~ 1, half, id = id, weights = w)
changing <- survfit(Surv(start, stop, state) ~ 1, half, id = id, weights = u)
stopifnot(identical(s$time, changing$time))

out <- list(R = R.version.string, survival = as.character(packageVersion("survival")), cmprsk = as.character(packageVersion("cmprsk")),
  weighted = fit(finegray(Surv(stop, state) ~ age + male + mspike + id, d, weights = weight, id = id), model),
  weighted_delayed_efron = fit(finegray(Surv(entry, stop, state) ~ age + male + mspike + id, late, weights = weight, id = id), model, "efron"),
  censoring_by_male = fit(by_male, model), delayed_censoring_by_male = fit(late_by_male, model),
  as_it_stands = fit(as_it_stands, model)$coef,
  cengroup = list(coef = plain(k$coef), loglik = c(k$loglik.null, k$loglik)),
  split = fit(finegray(Surv(entry, stop, state) ~ age + male + mspike + id, cut, id = id), model),
  firth = list(cause1 = firth(1), cause2 = firth(2)), gray = gray,
  jackknife = list(time = s$time, pstate = plain(s$pstate), std_err = plain(s$std.err), changing = plain(changing$pstate)))
write(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", na = "null"), "fine_gray.json")
