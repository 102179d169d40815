# Data sets the engine was not built on: public examples of R's survival and MASS, and SYNTHETIC ones
# meant to hurt (heavy and near ties, delayed entry, weights from 0.01 to 100, strata of one row).
# cox: coxph, its residuals, baseline, cox.zph and concordance, Efron and Breslow.
# firth: brute maximisation of loglik + 0.5 log det information, both by survival's fitters at a given beta;
#   limits are roots of the profile, by uniroot.
# fine_gray: finegray and coxph with case weights and delayed entry. clogit: sets with a case and a control
#   only, as clogit(method = "efron" or "breslow") lets a set of cases alone pull the estimates.
# Run in this folder: Rscript engine_unseen.R   Writes engine_unseen.json; rows are kept there as CSV.
suppressMessages({library(survival); library(jsonlite); library(MASS)})
tight <- coxph.control(eps = 1e-14, iter.max = 50, toler.chol = 1e-15)
text <- function(d) {
  for (n in names(d)) if (is.numeric(d[[n]])) {
    short <- sprintf("%.15g", d[[n]])
    d[[n]] <- ifelse(as.numeric(short) == d[[n]], short, sprintf("%.17g", d[[n]]))
  }
  paste(c(paste(names(d), collapse = ","), do.call(paste, c(unname(d), sep = ","))), collapse = "\n")
}
tidy <- function(d, formula, more) {
  if (is.null(d$start)) d$start <- 0
  need <- unique(c("start", "stop", "event", all.vars(as.formula(paste("~", formula))), more))
  d <- d[complete.cases(d[need]), need]
  for (n in need) if (is.factor(d[[n]]) || is.character(d[[n]])) d[[n]] <- factor(gsub("[^A-Za-z0-9]", "_", d[[n]]))
  rownames(d) <- NULL
  d
}
bare <- function(x) unname(x)
left <- function(d) if (all(d$start == 0)) "Surv(stop, event)" else "Surv(start, stop, event)"

cox_at <- function(s, ties) {
  d <<- s$rows
  f <- as.formula(paste(left(d), "~", paste(c(s$formula, if (!is.null(s$strata)) sprintf("strata(%s)", s$strata),
                        if (!is.null(s$offset)) sprintf("offset(%s)", s$offset)), collapse = " + ")), env = globalenv())
  call <- list(as.name("coxph"), f, data = as.name("d"), ties = ties, control = as.name("tight"), x = TRUE, y = TRUE)
  for (role in c("weights", "cluster")) if (!is.null(s[[role]])) call[[role]] <- as.name(s[[role]])
  fit <- eval(as.call(call), globalenv())
  dfbeta <- as.matrix(residuals(fit, "dfbeta", weighted = TRUE))
  zph <- cox.zph(fit, "km")
  agreement <- concordance(fit)
  base <- basehaz(fit, centered = FALSE)
  out <- list(terms = I(names(coef(fit))), coef = I(bare(coef(fit))), loglik = fit$loglik,
       naive = bare(if (is.null(fit$naive.var)) fit$var else fit$naive.var),
       robust = bare(if (is.null(s$cluster)) crossprod(dfbeta) else fit$var),
       concordance = c(agreement$concordance, agreement$var), zph = bare(zph$table[, 1]), zph_terms = rownames(zph$table))
  if (is.null(s$strata) && is.null(s$offset)) out$last_hazard <- max(base$hazard)
  if (ties == "efron") for (kind in c("martingale", "deviance", "dfbeta"))
    out[[kind]] <- signif(as.matrix(bare(residuals(fit, kind, weighted = FALSE))), 11)
  out
}
cases <- list()
add <- function(name, d, formula, ...) {
  more <- list(...)
  s <- c(list(formula = formula, rows = tidy(d, formula, unlist(more))), more)
  cases[[name]] <<- c(list(rows = text(s$rows), formula = formula), more, list(efron = cox_at(s, "efron"), breslow = cox_at(s, "breslow")))
}
ended <- function(d, time, event) { d$stop <- d[[time]]; d$event <- as.numeric(d[[event]]); d }
add("veteran", ended(veteran, "time", "status"), "trt + celltype + karno + age")
add("veteran_strata", ended(veteran, "time", "status"), "karno + age * prior", strata = "celltype")
add("kidney", ended(kidney, "time", "status"), "age + sex + disease", cluster = "id")
add("bladder", bladder2, "rx + number + size", strata = "enum", cluster = "id")
add("litters", ended(rats[rats$sex == "f", ], "time", "status"), "rx", cluster = "litter")
n <- nwtco; n <- n[n$rel == 1 | n$in.subcohort, ]
n$w <- ifelse(n$rel == 1, 1, nrow(nwtco) / sum(nwtco$in.subcohort)); n$years <- n$age / 12
n <- n[seq(1, nrow(n), 8), ]
add("case_cohort", ended(n, "edrel", "rel"), "histol + stage + years", weights = "w", cluster = "seqno")
f <- flchain[flchain$futime > 0, ]; f <- f[seq(1, nrow(f), 45), ]
f$start <- f$age; f$stop <- f$age + f$futime / 365.25; f$event <- f$death
add("age_scale", f, "sex + kappa")
m <- myeloma[myeloma$entry < myeloma$futime, ]; m <- m[seq(1, nrow(m), 25), ]
m$start <- m$entry; m$decade <- (m$year - 1985) / 10
add("late_entry", ended(m, "futime", "death"), "decade")
add("pairs", ended(gehan, "time", "cens"), "treat", strata = "pair")
set.seed(9)
made <- function(n) data.frame(start = 0, x = round(rnorm(n), 3), z = rbinom(n, 1, .4), g = sample(c("a", "b", "c"), n, TRUE),
                               event = rbinom(n, 1, .5))
h <- made(120); h$stop <- sample(1:4, 120, TRUE); h$start <- pmax(0, h$stop - sample(1:3, 120, TRUE))
h$w <- round(exp(runif(120, log(.01), log(100))), 3); h$set <- sample(1:90, 120, TRUE); h$off <- round(runif(120, -3, 3), 3)
h$half <- sample(c("u", "v"), 120, TRUE); h$group <- sample(1:20, 120, TRUE)
add("heavy_ties", h, "x + z + g")
add("wide_weights", h, "x + z + g", weights = "w")
add("lone_strata", h, "x + z", strata = "set")
add("everything", h, "x * z + g", strata = "half", weights = "w", cluster = "group", offset = "off")
t <- made(100); tenths <- sample(1:9, 100, TRUE)
t$stop <- ifelse(runif(100) < .5, tenths / 10, cumsum(rep(.1, 9))[tenths])
add("near_ties", t, "x + z")
a <- sample(1:3000, 100, TRUE); b <- a + sample(1:400, 100, TRUE)
t$start <- a / 365.25; t$stop <- ifelse(runif(100) < .5, b / 365.25, t$start + (b - a) / 365.25)
again <- sample(100, 50); b[again] <- b[sample(again)]; t$stop[again] <- b[again] / 365.25
add("near_ties_late", t[t$start < t$stop, ], "x + z")

# Firth by brute force
climb <- function(fn, start, unit) {
  p <- length(start)
  if (p == 0) return(list(par = numeric(), value = fn(numeric())))
  slope <- function(b) sapply(seq_len(p), function(j) {
    h <- 2e-3 * unit[j]; at <- function(k) fn(replace(b, j, b[j] + k * h))
    (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * h)
  })
  b <- optim(start / unit, function(u) -fn(u * unit), function(u) -slope(u * unit) * unit, method = "BFGS",
             control = list(reltol = 1e-15, maxit = 500))$par * unit
  for (i in 1:3) {
    curve <- sapply(seq_len(p), function(j) { h <- 2e-3 * unit[j]; (slope(replace(b, j, b[j] + h)) - slope(replace(b, j, b[j] - h))) / (2 * h) })
    b <- b - drop(solve((curve + base::t(curve)) / 2, slope(b)))
  }
  list(par = b, value = fn(b))
}
firth_at <- function(d, formula, ties, strata, w) {
  f <- as.formula(paste(left(d), "~", formula))
  y <- model.frame(f, d)[[1]]; x <- model.matrix(f, d)[, -1, drop = FALSE]
  fitter <- if (ncol(y) == 2) survival:::coxph.fit else survival:::agreg.fit
  at <- function(b) suppressWarnings(fitter(x, y, strata, rep(0, nrow(x)), b, coxph.control(iter.max = 0, toler.chol = 1e-15), w, ties, NULL, FALSE, NULL))
  best <- function(b) { fit <- at(b); fit$loglik[2] - 0.5 * as.numeric(determinant(fit$var)$modulus) }
  p <- ncol(x); unit <- sqrt(diag(at(rep(0, p))$var)); top <- climb(best, rep(0, p), unit)
  limit <- function(j, side) {
    below <- function(v) top$value - climb(function(rest) best(append(rest, v, j - 1)), top$par[-j], unit[-j])$value - qchisq(.95, 1) / 2
    far <- top$par[j] + side * 2 * unit[j]
    while (below(far) < 0) far <- top$par[j] + (far - top$par[j]) * 1.6
    uniroot(below, sort(c(top$par[j], far)), tol = 1e-10 * unit[j])$root
  }
  list(terms = I(colnames(x)), coef = I(top$par), penalised_loglik = top$value, low = I(sapply(1:p, limit, -1)), high = I(sapply(1:p, limit, 1)))
}
firth <- list()
penalised <- function(name, d, formula, strata = NULL) {
  d <- tidy(d, formula, strata); code <- if (is.null(strata)) NULL else as.integer(factor(d[[strata]]))
  firth[[name]] <<- c(list(rows = text(d), formula = formula, strata = strata),
                      sapply(c("efron", "breslow"), function(ties) firth_at(d, formula, ties, code, rep(1, nrow(d))), simplify = FALSE))
}
penalised("ovarian", ended(ovarian, "futime", "fustat"), "age + rx")
penalised("pairs", ended(gehan, "time", "cens"), "treat", "pair")
s <- data.frame(stop = 1:20, event = 0, x = 0, z = round(rnorm(20), 2))
s$event[c(1, 2, 3, 6)] <- 1; s$x[c(1, 2, 3, 6)] <- 1
penalised("separated", s, "x + z")
s$event[-9] <- 0; s$event[9] <- 1
penalised("one_event", s, "z")
penalised("all_ties", data.frame(start = c(0, 0, 0, 0, 1, 0, 1, 2, 1, 2, 3, 2), stop = c(1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4),
  event = c(1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1), x = c(1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0), z = c(2, 1, 3, 1, 2, 5, 1, 2, 2, 1, 3, 1)), "x + z")

# Fine and Gray
gray <- list()
competing <- function(name, d, formula, weights = NULL) {
  d <- tidy(d, formula, weights); d$id <- seq_len(nrow(d)); d$state <- factor(d$event, 0:2)
  out <- list(rows = text(d[setdiff(names(d), c("id", "state"))]), formula = formula, weights = weights)
  for (cause in 1:2) {
    wide <- finegray(if (all(d$start == 0)) Surv(stop, state) ~ . else Surv(start, stop, state) ~ ., d[setdiff(names(d), "event")], etype = cause, id = id)
    wide$both <- wide$fgwt * if (is.null(weights)) 1 else wide[[weights]]
    fit <- coxph(as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", formula)), wide, weights = both, ties = "breslow", control = tight, cluster = id)
    out[[paste0("cause", cause)]] <- list(terms = I(names(coef(fit))), coef = I(bare(coef(fit))), loglik = fit$loglik, naive = bare(fit$naive.var), robust = bare(fit$var))
  }
  gray[[name]] <<- out
}
l <- Melanoma; l$stop <- l$time; l$event <- c(1, 0, 2)[l$status]; l$log_thick <- log(l$thickness)
competing("melanoma", l, "age + sex + log_thick")
l$w <- round(exp(seq(-4, 4, length = nrow(l))), 3)
competing("melanoma_weighted", l, "age + sex", "w")
set.seed(3); l$start <- floor(pmin(l$stop - 1, runif(nrow(l)) * 2000 * (runif(nrow(l)) < .5)))
competing("melanoma_late", l, "age + log_thick")
l$stop <- ceiling(l$stop / 365.25); l$start <- floor(l$start / 365.25)
competing("melanoma_late_ties", l[l$start < l$stop, ], "age + log_thick")

sets <- rats; mixed <- ave(sets$status, sets$litter)
sets <- sets[mixed > 0 & mixed < 1, c("litter", "status", "rx")]
matched <- list(rows = text(sets), fits = sapply(c("exact", "efron", "breslow"), function(method) {
  fit <- clogit(status ~ rx + strata(litter), sets, method = method, control = tight)
  list(coef = bare(coef(fit)), var = fit$var[1, 1], loglik = fit$loglik)
}, simplify = FALSE))
put <- list(about = "data sets the engine was not built on", R = R.version.string, survival = as.character(packageVersion("survival")),
            cox = cases, firth = firth, fine_gray = gray, clogit = matched)
write(toJSON(put, digits = I(15), auto_unbox = TRUE, null = "null", na = "null"), "engine_unseen.json")
