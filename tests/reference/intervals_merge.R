# Values that come over time, merged onto (start, stop] rows by survival::tmerge: pbc with its
# follow-up visits (pbcseq, first 60 patients), infections in chronic granulomatous disease
# (cgd0), Stanford heart transplants (jasa), and small made-up rows (SYNTHETIC) with gaps,
# ties, values before, between and after the rows, and unknown children.
# Run in this folder: Rscript intervals_merge.R   Writes intervals_merge.json.
suppressMessages({library(survival); library(jsonlite)})
bare <- function(d) { d <- as.data.frame(unclass(d)); d[order(d$id, d$tstart), , drop = FALSE] }
told <- function(rows, values, merged) {
  list(rows = rows, values = values, merged = bare(merged),
       tcount = as.data.frame(attr(merged, "tcount")[-1, , drop = FALSE]))
}

# pbc
base <- subset(pbc, id <= 60, select = c(id, time, status))
seq60 <- subset(pbcseq, id <= 60, select = c(id, day, ascites, bili, chol))
p <- tmerge(base, base, id = id, death = event(time, status))
rows <- bare(p)
p1 <- tmerge(p, seq60, id = id, ascites = tdc(day, ascites), bili = tdc(day, bili),
             chol = tdc(day, chol), visits = cumtdc(day))
p2 <- tmerge(p, seq60, id = id, chol = tdc(day, chol), options = list(na.rm = FALSE))
pbc_out <- told(rows, seq60, p1)
pbc_out$merged_keeping_missing <- bare(p2)

# cgd0: infections as an event, counted, and counted before
wide <- cgd0
wide$none <- 0
long <- do.call(rbind, lapply(1:7, function(k)
  data.frame(id = wide$id, day = wide[[paste0("etime", k)]])))
long <- long[!is.na(long$day), ]
long <- long[order(long$id, long$day), ]
g <- tmerge(wide[c("id", "center")], wide, id = id, end = event(futime, none))
grows <- bare(g)
g1 <- tmerge(g, long, id = id, infect = event(day), number = cumevent(day),
             before = cumtdc(day))
cgd_out <- told(grows, long, g1)

# jasa: transplant as an indicator that changes; times on the day of death moved half a day
j <- jasa
j$id <- seq_len(nrow(j))
j$futime <- pmax(0.5, j$futime)
j$wait <- with(j, ifelse(transplant == 1, as.numeric(tx.date - accept.dt), NA))
j$wait <- with(j, ifelse(!is.na(wait) & wait == futime, wait - 0.5, wait))
b <- tmerge(j[c("id", "surgery")], j, id = id, death = event(futime, fustat))
jrows <- bare(b)
waits <- j[!is.na(j$wait), c("id", "wait")]
b1 <- tmerge(b, waits, id = id, transplant = tdc(wait))
jasa_out <- told(jrows, waits, b1)

# made-up rows in days, with gaps
set.seed(17)
spans <- do.call(rbind, lapply(1:25, function(i) {
  edges <- sort(sample(5:30, 6))
  data.frame(id = i, a = edges[c(1, 3, 4)], b = edges[c(2, 4, 6)])
}))
spans$status <- rbinom(nrow(spans), 1, 0.3)
v <- data.frame(id = sample(1:28, 160, TRUE), day = sample(0:34, 160, TRUE),
                x = round(rnorm(160), 2), n = sample(0:3, 160, TRUE))
v$x[sample(160, 20)] <- NA
s <- tmerge(data.frame(id = 1:25, one = 1), spans, id = id, tstart = a, tstop = b,
            e = event(b, status))
s$one <- NULL
attr(s, "tm.retain")$n <- nrow(s)
srows <- bare(s)
s1 <- tmerge(s, v, id = id, x = tdc(day, x), sum_x = cumtdc(day, x, 0), n = event(day, n),
             number = cumevent(day, n), counted = cumtdc(day))
v2 <- data.frame(id = sample(1:25, 40, TRUE), day = sample(0:34, 40, TRUE),
                 x = round(rnorm(40), 2), n = sample(1:3, 40, TRUE))
s2 <- tmerge(s1, v2, id = id, x = tdc(day, x), n = event(day, n))
made <- told(srows, v, s1)
made$later_values <- v2
made$later_merged <- bare(s2)
made$later_tcount <- as.data.frame(attr(s2, "tcount"))

out <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
            pbc = pbc_out, cgd = cgd_out, jasa = jasa_out, made_up = made)
write(toJSON(out, digits = NA, na = "null", dataframe = "columns"), "intervals_merge.json")
