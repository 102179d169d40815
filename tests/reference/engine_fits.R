# The Cox fits whose numbers the engine_*.R scripts record: one list, sourced by each of them.
# Each entry is data the tests can read too: the CSV, the right-hand side (the same in R and in
# Python; words sort as factors do, first level is the reference), and the columns for strata,
# weights, cluster and offset. replicate= names a column of whole numbers: each row is taken so
# many times (this is not weights= under Efron's rule).
suppressMessages({library(survival); library(jsonlite)})
options(digits = 17)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)

spec <- function(data, formula, strata = NULL, weights = NULL, cluster = NULL, offset = NULL,
                 event_code = 1, replicate = NULL)
  list(data = data, formula = formula, strata = strata, weights = weights, cluster = cluster,
       offset = offset, event_code = event_code, replicate = replicate)

fits <- list(
  lung_plain = spec("lung.csv", "age + sex + ph_ecog + wt_loss"),
  lung_ties_in_risk = spec("lung.csv", "sex + ph_group"),
  lung_interaction = spec("lung.csv", "age * sex + ph_group"),
  lung_strata = spec("lung.csv", "age + ph_ecog + wt_loss", strata = "sex"),
  lung_cluster = spec("lung.csv", "age + sex + ph_ecog + wt_loss", cluster = "inst"),
  lung_offset = spec("lung.csv", "sex + ph_ecog", offset = "off"),
  pbc_plain = spec("pbc.csv", "age + log_bili + albumin + log_protime + edema"),
  pbc_factor = spec("pbc.csv", "age + log_bili + stage_group"),
  pbc_strata = spec("pbc.csv", "age + log_bili + albumin", strata = c("stage_group", "male")),
  heart_plain = spec("heart.csv", "age + year + surgery + transplant"),
  heart_interaction = spec("heart.csv", "age + surgery * transplant"),
  heart_cluster = spec("heart.csv", "age + year + surgery + transplant", cluster = "id"),
  cgd_cluster = spec("cgd.csv", "rifn + x_linked + age + steroids", cluster = "id"),
  cgd_cluster_strata = spec("cgd.csv", "rifn + x_linked + age + steroids", strata = "region", cluster = "id"),
  mgus2_cause1 = spec("mgus2.csv", "age + male + mspike"),
  mgus2_cause2 = spec("mgus2.csv", "age + male + mspike", event_code = 2),
  weighted_plain = spec("weighted.csv", "x1 + x2 + group"),
  weighted_strata = spec("weighted.csv", "x1 + x2 + group", strata = "stratum"),
  weighted_whole = spec("weighted.csv", "x1 + x2 + group", weights = "w_whole"),
  weighted_replicated = spec("weighted.csv", "x1 + x2 + group", replicate = "w_whole"),
  weighted_frac = spec("weighted.csv", "x1 + x2 + group", weights = "w_frac"),
  weighted_frac_child = spec("weighted.csv", "x1 + x2 + group", weights = "w_frac", cluster = "id"),
  weighted_offset = spec("weighted.csv", "x1 + x2 + group", offset = "off"),
  weighted_cluster = spec("weighted.csv", "x1 + x2 + group", cluster = "cluster"),
  weighted_strata_whole = spec("weighted.csv", "x1 + x2 + group", strata = "stratum", weights = "w_whole"),
  weighted_all = spec("weighted.csv", "x1 * x2 + group", strata = "stratum", weights = "w_frac",
                      cluster = "cluster", offset = "off"))

read_rows <- function(s) {
  d <- read.csv(s$data, stringsAsFactors = TRUE)
  if (!is.null(s$replicate)) d <- d[rep(seq_len(nrow(d)), d[[s$replicate]]), ]
  d$died <- as.integer(d$event == s$event_code)
  if (!is.null(s$weights)) d[[s$weights]] <- as.numeric(d[[s$weights]])  # cox.zph takes no integers
  d
}

# The same rows as Surv(stop, died) where everyone enters at 0, else Surv(start, stop, died).
cox_formula <- function(s, d, x = s$formula) {
  left <- if (all(d$start == 0)) "Surv(stop, died)" else "Surv(start, stop, died)"
  right <- c(x, if (!is.null(s$strata)) sprintf("strata(%s)", paste(s$strata, collapse = ", ")),
             if (!is.null(s$offset)) sprintf("offset(%s)", s$offset))
  as.formula(paste(left, "~", paste(right, collapse = " + ")), env = globalenv())
}

# A literal call, so that survfit, cox.zph and concordance find their rows again.
cox_fit <- function(s, ties, d = read_rows(s), f = cox_formula(s, d), ...) {
  d <<- d  # the methods look their rows up by this name
  call <- list(as.name("coxph"), f, data = as.name("d"), ties = ties, control = as.name("tight"), x = TRUE, y = TRUE, ...)
  if (!is.null(s$weights)) call$weights <- as.name(s$weights)
  if (!is.null(s$cluster)) call$cluster <- as.name(s$cluster)
  eval(as.call(call), globalenv())
}

words <- function(s) {
  d <- read_rows(s)
  sprintf("coxph(%s, %s%s%s%s, ties = , control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)); died is event == %d",
          paste(deparse(cox_formula(s, d), width.cutoff = 500), collapse = ""), sub(".csv", "", s$data, fixed = TRUE),
          if (is.null(s$weights)) "" else paste0(", weights = ", s$weights),
          if (is.null(s$cluster)) "" else paste0(", cluster = ", s$cluster),
          if (is.null(s$replicate)) "" else paste0(", each row taken ", s$replicate, " times"), s$event_code)
}

versions <- list(R = R.version.string, survival = as.character(packageVersion("survival")))
plain <- function(m) { if (is.matrix(m)) unname(m) else unname(c(m)) }
full <- I(17)    # significant digits of estimates (jsonlite writes at most 15)
rows <- I(11)    # of residuals, row by row
put <- function(out, file, digits = full, note) {
  write(toJSON(c(note, versions, out), digits = digits, auto_unbox = TRUE, null = "null", na = "null"), file)
}
