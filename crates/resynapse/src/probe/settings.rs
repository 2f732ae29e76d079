//! How probes are run and read: `probes.toml` of the atlas.

use crate::fields::{Document, Fields};
use model::diagnostic::{Diagnostic, has_errors};
use model::source::{SourceMap, Sources};

/// The file in an atlas.
pub const FILE: &str = "probes.toml";

/// A band of frequencies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    /// Name, as in `low gamma`.
    pub name: String,
    /// Lower edge, Hz.
    pub from_hz: f64,
    /// Upper edge, Hz.
    pub to_hz: f64,
}

/// The recording of electric activity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Eeg {
    /// Seconds of resting activity.
    pub seconds: f64,
    /// Seconds before it that are not kept.
    pub settle_s: f64,
    /// Ends of the range in which the aperiodic slope is fitted, Hz.
    pub aperiodic: [f64; 2],
    /// Bands that are reported.
    pub bands: Vec<Band>,
    /// Frequency of the rhythmic drive, Hz.
    pub drive_hz: f64,
    /// Seconds of a driven trial.
    pub drive_seconds: f64,
    /// Driven trials.
    pub drive_trials: u32,
    /// Depth of the drive, as a share of the external input.
    pub drive_depth: f64,
    /// Cells of each kind whose spikes are kept.
    pub raster_cells: u32,
    /// Seconds for which they are.
    pub raster_s: f64,
}

/// The scan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fmri {
    /// Minutes kept.
    pub minutes: f64,
    /// Seconds before them that are not.
    pub settle_s: f64,
    /// Seconds of a volume.
    pub tr_s: f64,
    /// Integration step, ms.
    pub step_ms: f64,
    /// Volumes in a window of dynamic connectivity.
    pub window: u32,
    /// Volumes between windows.
    pub stride: u32,
}

/// The memory task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Trials.
    pub trials: u32,
    /// Seconds of the cue.
    pub cue_s: f64,
    /// Seconds from the end of the cue to the answer.
    pub delay_s: f64,
    /// Seconds from the end of the cue to the distractor.
    pub distractor_at_s: f64,
    /// Degrees from the cue to the distractor.
    pub distractor_degrees: f64,
}

/// The decision task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Trials for each strength.
    pub trials: u32,
    /// Strengths of the evidence, percent of coherent motion.
    pub coherence: Vec<f64>,
    /// Seconds of the stimulus.
    pub seconds: f64,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Electric activity.
    pub eeg: Eeg,
    /// Scan.
    pub fmri: Fmri,
    /// Memory.
    pub memory: Memory,
    /// Decision.
    pub decision: Decision,
}

impl Settings {
    /// Reads the file of an atlas; everything wrong is reported at once.
    pub fn load(sources: &dyn Sources) -> Result<Settings, (Vec<Diagnostic>, SourceMap)> {
        let mut map = SourceMap::default();
        let text = sources.read(FILE).map_err(|why| {
            let found =
                Diagnostic::error_nowhere("RS6911", format!("cannot read `{FILE}`: {why}"), "the atlas lacks it");
            (vec![found], SourceMap::default())
        })?;
        let (settings, found) = Document::read(&mut map, FILE, &text, read);
        if has_errors(&found) { Err((found, map)) } else { Ok(settings) }
    }
}

fn read(f: &Fields<'_, '_>) -> Settings {
    let _ = f.text("about");
    Settings {
        eeg: f.table("eeg", eeg).unwrap_or_else(|| missing(f, "eeg")),
        fmri: f.table("fmri", fmri).unwrap_or_else(|| missing(f, "fmri")),
        memory: f.table("memory", memory).unwrap_or_else(|| missing(f, "memory")),
        decision: f.table("decision", decision).unwrap_or_else(|| missing(f, "decision")),
    }
}

fn missing<T: Default>(f: &Fields<'_, '_>, table: &str) -> T {
    f.error("RS6912", f.span(), format!("the table `[{table}]` is missing"), "export the atlas anew and start from it");
    T::default()
}

/// A number in a range; the lower end where it is missing or outside, after saying so.
fn within(f: &Fields<'_, '_>, key: &str, [low, high]: [f64; 2]) -> f64 {
    let Some(n) = f.number(key) else {
        f.error("RS6912", f.span(), format!("`{key}` is missing"), format!("a number from {low} to {high}"));
        return low;
    };
    if (low..=high).contains(&n.value) {
        return n.value;
    }
    f.error("RS6913", n.span, format!("`{key}` is {}", n.value), format!("from {low} to {high}"));
    low
}

/// A whole number in a range.
fn count(f: &Fields<'_, '_>, key: &str, range: [f64; 2]) -> u32 {
    let value = within(f, key, range);
    if value.fract() != 0.0 {
        f.error("RS6913", f.span(), format!("`{key}` is {value}"), "a whole number");
    }
    value as u32
}

const SECONDS: [f64; 2] = [0.1, 600.0];
const TRIALS: [f64; 2] = [2.0, 10_000.0];
const HZ: [f64; 2] = [1.0, 200.0];

fn eeg(f: &Fields<'_, '_>) -> Eeg {
    let ends = f.numbers("aperiodic");
    let aperiodic = match ends.as_slice() {
        [a, b] if a.value >= 1.0 && b.value > a.value && b.value <= 400.0 => [a.value, b.value],
        _ => {
            f.error("RS6913", f.span(), "`aperiodic` holds two rising frequencies", "as in `aperiodic = [30, 90]`, Hz");
            [1.0, 2.0]
        }
    };
    Eeg {
        seconds: within(f, "seconds", [2.0, 600.0]),
        settle_s: within(f, "settle_s", SECONDS),
        aperiodic,
        bands: f.tables("band", |b| {
            let band = Band {
                name: b.needed("name").value,
                from_hz: within(b, "from_hz", [0.5, 400.0]),
                to_hz: within(b, "to_hz", [0.5, 400.0]),
            };
            if band.to_hz <= band.from_hz {
                b.error("RS6913", b.span(), format!("the band `{}` is empty", band.name), "`to_hz` above `from_hz`");
            }
            band
        }),
        drive_hz: within(f, "drive_hz", HZ),
        drive_seconds: within(f, "drive_seconds", SECONDS),
        drive_trials: count(f, "drive_trials", TRIALS),
        drive_depth: within(f, "drive_depth", [0.0, 1.0]),
        raster_cells: count(f, "raster_cells", [0.0, 1000.0]),
        raster_s: within(f, "raster_s", SECONDS),
    }
}

fn fmri(f: &Fields<'_, '_>) -> Fmri {
    Fmri {
        minutes: within(f, "minutes", [1.0, 120.0]),
        settle_s: within(f, "settle_s", SECONDS),
        tr_s: within(f, "tr_s", [0.1, 10.0]),
        step_ms: within(f, "step_ms", [0.05, 1.0]),
        window: count(f, "window", [4.0, 1000.0]),
        stride: count(f, "stride", [1.0, 1000.0]),
    }
}

fn memory(f: &Fields<'_, '_>) -> Memory {
    let memory = Memory {
        trials: count(f, "trials", TRIALS),
        cue_s: within(f, "cue_s", [0.05, 10.0]),
        delay_s: within(f, "delay_s", SECONDS),
        distractor_at_s: within(f, "distractor_at_s", [0.0, 600.0]),
        distractor_degrees: within(f, "distractor_degrees", [1.0, 180.0]),
    };
    if memory.distractor_at_s + memory.cue_s >= memory.delay_s {
        let hint = "earlier, or make the delay longer";
        f.error("RS6913", f.span(), "the distractor does not end before the delay does", hint);
    }
    memory
}

fn decision(f: &Fields<'_, '_>) -> Decision {
    let coherence: Vec<f64> = f.numbers("coherence").into_iter().map(|n| n.value).collect();
    if coherence.len() < 2 || !coherence.iter().all(|c| (0.0..=100.0).contains(c)) {
        f.error("RS6913", f.span(), "`coherence` lists at least two strengths", "from 0 to 100 percent");
    }
    Decision { trials: count(f, "trials", TRIALS), coherence, seconds: within(f, "seconds", SECONDS) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atlas::Embedded;

    #[test]
    fn agrees_with_the_file_of_the_atlas() {
        let settings = Settings::load(&Embedded).expect("settings");
        assert!(settings.eeg.bands.len() >= 3 && settings.decision.coherence.len() >= 2);
    }

    #[test]
    fn rejects_everything_wrong_at_once() {
        let text = Embedded.read(FILE).expect("the file");
        let text = text.replace("trials = 64", "trials = 1.5").replace("tr_s = 0.72", "tr_s = 0");
        let (_, found) = Document::read(&mut SourceMap::default(), FILE, &text, read);
        assert!(found.len() >= 2, "{found:?}");
    }
}
