//! Medians, the table and JSON.

use crate::rows::{Row, Unit};

/// The column headings, in the order of measurement. The second measurement of the crate has none.
const SUBJECTS: [&str; 4] = ["ours", "read ahead", "openssl crate", "CPython"];
pub(crate) const OURS: usize = 0;
/// The index of this library with reading ahead.
pub(crate) const AHEAD: usize = 1;
pub(crate) const CRATE: usize = 2;
const PYTHON: usize = 3;
/// The index of the `openssl` crate when it is measured a second time, to show the noise.
pub(crate) const AGAIN: usize = 4;

/// All values of one row.
pub(crate) struct Outcome {
    row: Row,
    values: [Vec<f64>; 5],
    /// The instructions of each subject for one repetition of the row's work.
    instructions: [Option<f64>; 5],
}

impl Outcome {
    pub(crate) fn new(row: Row) -> Outcome {
        Outcome {
            row,
            values: Default::default(),
            instructions: [None; 5],
        }
    }

    pub(crate) fn add(&mut self, subject: usize, value: f64) {
        self.values[subject].push(value);
    }

    pub(crate) fn set_instructions(&mut self, subject: usize, count: Option<f64>) {
        self.instructions[subject] = count;
    }

    /// The ratio of the other subject's instructions to those of `ours`.
    fn instructions_ratio(&self, ours: usize, subject: usize) -> Option<f64> {
        Some(self.instructions[subject]? / self.instructions[ours]?)
    }

    fn typical(&self, subject: usize) -> Option<f64> {
        median(self.values[subject].clone())
    }

    /// How many times better `ours` is than the other subject: the median of the rounds' ratios.
    fn ratio(&self, ours: usize, subject: usize) -> Option<f64> {
        median(self.ratios(ours, subject))
    }

    fn ratios(&self, ours: usize, subject: usize) -> Vec<f64> {
        let pairs = self.values[ours].iter().zip(&self.values[subject]);
        pairs
            .map(|(ours, theirs)| match self.row.unit() {
                Unit::Bytes => theirs / ours,
                Unit::Rate | Unit::Throughput | Unit::Duration => ours / theirs,
            })
            .collect()
    }

    /// The quartiles of the crate's ratios to itself: half of the rounds lie between them.
    fn noise(&self) -> Option<[f64; 2]> {
        let mut ratios = self.ratios(AGAIN, CRATE);
        ratios.sort_by(f64::total_cmp);
        let last = ratios.len().checked_sub(1)?;
        Some([ratios[last / 4], ratios[last - last / 4]])
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied()?;
    if values.len() % 2 == 1 {
        Some(upper)
    } else {
        Some((upper + values[middle - 1]) / 2.0)
    }
}

pub(crate) fn table(outcomes: &[Outcome]) {
    println!(
        "{:<26}{:>13}{:>15}{:>16}{:>14}   {:>12}{:>12}{:>15}{:>12}",
        "",
        "ours / crate",
        "crate / crate",
        "ahead / crate",
        "ours / Python",
        SUBJECTS[0],
        SUBJECTS[1],
        SUBJECTS[2],
        SUBJECTS[3]
    );
    for outcome in outcomes {
        let ratio = |ours, subject| cell(outcome.ratio(ours, subject), |r| format!("{r:.2}"));
        let scale = |subject| cell(outcome.typical(subject), |v| scale(v, outcome.row.unit()));
        let noise = outcome.noise().map_or_else(
            || "–".to_owned(),
            |[low, high]| format!("{low:.2}–{high:.2}"),
        );
        println!(
            "{:<26}{:>13}{:>15}{:>16}{:>14}   {:>12}{:>12}{:>15}{:>12}",
            outcome.row.name(),
            ratio(OURS, CRATE),
            noise,
            ratio(AHEAD, CRATE),
            ratio(OURS, PYTHON),
            scale(OURS),
            scale(AHEAD),
            scale(CRATE),
            scale(PYTHON)
        );
    }
    println!("Ratios: medians over the rounds, above 1 is better than the twin.");
    println!(
        "crate / crate: half of the rounds gave a ratio of the crate to itself between these two."
    );
    if outcomes
        .iter()
        .all(|outcome| outcome.instructions[OURS].is_none())
    {
        return;
    }
    println!(
        "{:<26}{:>13}{:>16}{:>17}{:>15}{:>15}",
        "Instructions", "ours / crate", "ahead / crate", SUBJECTS[0], SUBJECTS[1], SUBJECTS[2]
    );
    for outcome in outcomes {
        let ratio = |ours| {
            cell(outcome.instructions_ratio(ours, CRATE), |ratio| {
                format!("{ratio:.3}")
            })
        };
        let count = |subject| {
            cell(outcome.instructions[subject], |count: f64| {
                format!("{count:.0}")
            })
        };
        println!(
            "{:<26}{:>13}{:>16}{:>17}{:>15}{:>15}",
            outcome.row.name(),
            ratio(OURS),
            ratio(AHEAD),
            count(OURS),
            count(AHEAD),
            count(CRATE)
        );
    }
    println!("Instructions of both sides for one repetition; of small writes, of the whole batch.");
}

fn cell(value: Option<f64>, text: impl FnOnce(f64) -> String) -> String {
    value
        .filter(|value| value.is_finite())
        .map_or_else(|| "–".to_owned(), text)
}

fn scale(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Rate => format!("{value:.0}/s"),
        Unit::Throughput => format!("{:.0} MB/s", value / 1e6),
        Unit::Duration if value < 1000.0 => format!("{:.2} ms", 1e3 / value),
        Unit::Duration => format!("{:.1} µs", 1e6 / value),
        Unit::Bytes => format!("{:.1} KiB", value / 1024.0),
    }
}

pub(crate) fn json(outcomes: &[Outcome]) {
    let rows: Vec<String> = outcomes.iter().map(json_row).collect();
    println!("[\n{}\n]", rows.join(",\n"));
}

fn json_row(outcome: &Outcome) -> String {
    let unit = match outcome.row.unit() {
        Unit::Rate | Unit::Duration => "per second",
        Unit::Throughput => "bytes per second",
        Unit::Bytes => "bytes",
    };
    let number = |value: Option<f64>| {
        value
            .filter(|value| value.is_finite())
            .map_or_else(|| "null".to_owned(), |value| format!("{value:.4}"))
    };
    format!(
        "  {{\"row\": \"{}\", \"unit\": \"{unit}\", \"ours\": {}, \"read_ahead\": {}, \"openssl\": {}, \
         \"python\": {}, \"ours_to_openssl\": {}, \"read_ahead_to_openssl\": {}, \"ours_to_python\": {}, \
         \"noise\": {}, \
         \"instructions\": {}, \"read_ahead_instructions\": {}, \"openssl_instructions\": {}}}",
        outcome.row.name(),
        number(outcome.typical(OURS)),
        number(outcome.typical(AHEAD)),
        number(outcome.typical(CRATE)),
        number(outcome.typical(PYTHON)),
        number(outcome.ratio(OURS, CRATE)),
        number(outcome.ratio(AHEAD, CRATE)),
        number(outcome.ratio(OURS, PYTHON)),
        outcome.noise().map_or_else(
            || "null".to_owned(),
            |[low, high]| format!("[{low:.4}, {high:.4}]")
        ),
        number(outcome.instructions[OURS]),
        number(outcome.instructions[AHEAD]),
        number(outcome.instructions[CRATE]),
    )
}
