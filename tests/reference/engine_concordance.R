# concordance(fit) of every fit in engine_fits.R (Efron): C, var, its standard error sqrt(var), and
# counts (concordant, discordant, tied.x, tied.y, tied.xy; one row per stratum where there are strata).
# A cluster in the fit enters var. C = (concordant + tied.x / 2) / (concordant + discordant + tied.x).
# simple: concordance(Surv ~ x, reverse = TRUE) of one column with many ties, and timewt variants.
# Run in this folder: Rscript engine_concordance.R   Writes engine_concordance.json.
source("engine_fits.R")
number <- function(c) list(concordance = plain(c$concordance), var = plain(c$var), std_error = sqrt(plain(c$var)),
                           counts = plain(c$count), count_names = if (is.matrix(c$count)) colnames(c$count) else names(c$count))
out <- lapply(fits, function(s) c(list(call = words(s)), number(concordance(cox_fit(s, "efron")))))
lung <- read.csv("lung.csv"); w <- read.csv("weighted.csv")
simple <- list(
  lung_ph_ecog = c(call = "concordance(Surv(stop, event) ~ ph_ecog, lung, reverse = TRUE)",
                   number(concordance(Surv(stop, event) ~ ph_ecog, lung, reverse = TRUE))),
  lung_ph_ecog_uno = c(call = "the same with timewt = 'n/G2'",
                       number(concordance(Surv(stop, event) ~ ph_ecog, lung, reverse = TRUE, timewt = "n/G2"))),
  weighted_x2 = c(call = "concordance(Surv(start, stop, event) ~ x2, weighted, weights = w_frac, reverse = TRUE)",
                  number(concordance(Surv(start, stop, event) ~ x2, w, weights = w_frac, reverse = TRUE))),
  weighted_x2_cluster = c(call = "the same with cluster = cluster",
                          number(concordance(Surv(start, stop, event) ~ x2, w, weights = w_frac, cluster = cluster, reverse = TRUE))))
put(list(fits = out, simple = simple), "engine_concordance.json", note = list(about = "survival::concordance"))
