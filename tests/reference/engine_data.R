# Writes the rows that the engine_*.R scripts fit: public example data of R's survival package under
# plain column names (0/1 for codes, no missing values in the columns kept), and two made-up sets.
# Run in this folder: Rscript engine_data.R   Writes lung.csv, pbc.csv, cgd.csv, mgus2.csv,
# weighted.csv and matched.csv. The last two, and the entry and weight columns of mgus2.csv, are
# SYNTHETIC.
suppressMessages(library(survival))
options(digits = 17)
keep <- function(d, file) write.csv(d, file, row.names = FALSE, quote = FALSE)

lung2 <- with(lung, data.frame(
  id = seq_along(time), start = 0, stop = time, event = as.integer(status == 2), age = age, sex = sex,
  ph_ecog = ph.ecog, wt_loss = wt.loss, inst = inst))
lung2 <- lung2[complete.cases(lung2), ]
lung2$ph_group <- c("none", "one", "two_plus")[1 + pmin(lung2$ph_ecog, 2)]
lung2$off <- 0.02 * (lung2$age - 60)
keep(lung2, "lung.csv")

pbc2 <- with(pbc[1:312, ], data.frame(
  id = id, start = 0, stop = time, event = as.integer(status == 2), trt = trt, age = age,
  male = as.integer(sex == "m"), edema = edema, log_bili = log(bili), albumin = albumin,
  log_protime = log(protime), stage = stage))
pbc2$stage_group <- c("early", "early", "late", "very_late")[pbc2$stage]
stopifnot(!anyNA(pbc2))
keep(pbc2, "pbc.csv")

cgd2 <- with(cgd, data.frame(
  id = id, start = tstart, stop = tstop, event = status, enum = enum, gap = tstop - tstart,
  rifn = as.integer(treat == "rIFN-g"), male = as.integer(sex == "male"), age = age,
  x_linked = as.integer(inherit == "X-linked"), steroids = steroids, propylac = propylac,
  region = c("US_NIH", "US_other", "EU_Amsterdam", "EU_other")[match(
    hos.cat, c("US:NIH", "US:other", "Europe:Amsterdam", "Europe:other"))]))
stopifnot(!anyNA(cgd2))
keep(cgd2, "cgd.csv")

set.seed(20240501)
mgus <- with(mgus2, data.frame(
  id = id, entry = 0, stop = ifelse(pstat == 1, ptime, futime),
  event = ifelse(pstat == 1, 1, 2 * death), age = age, male = as.integer(sex == "M"), mspike = mspike,
  hgb = hgb, creat = creat))
mgus <- mgus[!is.na(mgus$mspike), ]
n <- nrow(mgus)
entry <- ifelse(runif(n) < 0.4, 0, floor(runif(n) * 72))
mgus$entry <- entry  # entry >= stop: never seen under delayed entry; the fits that use it drop those
mgus$weight <- round(0.5 + 2 * runif(n), 2)
mgus$start <- 0
keep(mgus, "mgus2.csv")

set.seed(73)  # SYNTHETIC: 80 children in 24 centres, one to four rows each, whole months
rows <- lapply(1:80, function(i) {
  begin <- sample(0:4, 1)
  cuts <- sort(unique(begin + c(0, cumsum(sample(1:4, sample(1:4, 1), TRUE)))))
  k <- length(cuts) - 1
  data.frame(id = i, start = cuts[-(k + 1)], stop = cuts[-1], stratum = sample(c("A", "B", "C"), 1),
             cluster = sample(1:24, 1), x1 = round(rnorm(1) + cumsum(rnorm(k, 0, 0.3)), 3),
             x2 = as.integer(cumsum(runif(k) < 0.3) > 0),
             group = sample(c("a_none", "b_low", "c_high"), 1, prob = c(.4, .35, .25)),
             w_whole = sample(1:4, 1), off = round(rnorm(k, 0, 0.4), 3))
})
w <- do.call(rbind, rows)
lin <- 0.6 * w$x1 + 0.7 * w$x2 + c(a_none = 0, b_low = .3, c_high = .8)[w$group] + w$off
p <- 1 - exp(-0.09 * (w$stop - w$start) * exp(lin))
w$event <- as.integer(runif(nrow(w)) < p)
w$w_frac <- round(0.3 + 2.2 * runif(nrow(w)), 3)
w$y <- as.integer(runif(nrow(w)) < plogis(-1.2 + lin))
over <- ave(w$event, w$id, FUN = function(e) cumsum(e) - e)
w <- w[over == 0, ]  # follow-up ends with the first event
keep(w[sample(nrow(w)), ], "weighted.csv")  # rows in no order

set.seed(11)  # SYNTHETIC matched sets: design "1:m" has one case and 1 to 5 controls, "n:m" 1 to 3 and 2 to 6
set <- function(s, cases, controls, design) {
  k <- cases + controls
  x <- round(rnorm(k), 3); z <- rbinom(k, 1, 0.4); dose <- sample(0:3, k, TRUE)
  score <- 0.7 * x + 0.9 * z + 0.2 * dose + rnorm(k, 0, 1.2)
  data.frame(design = design, set = s, case = as.integer(rank(-score) <= cases), x = x, z = z, dose = dose)
}
m <- rbind(
  do.call(rbind, lapply(1:45, function(s) set(s, 1, sample(1:5, 1), "1:m"))),
  do.call(rbind, lapply(101:135, function(s) set(s, sample(1:3, 1), sample(2:6, 1), "n:m"))))
keep(m, "matched.csv")
