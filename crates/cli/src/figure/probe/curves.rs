//! The two tasks: share correct against the strength of evidence, and the error of memory over the delay.

use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, PERCENT, columns};
use crate::figure::sheet::{self, END, Key, START, Sheet};
use crate::figure::{Picture, Table, words};
use neural::circuit::memory::{Remembered, signed_deg};
use resynapse::probe::{decision, memory};
use resynapse::sim::math::exp;
use study::analysis::montecarlo;
use study::trial::analyse::LEVEL;

const HEIGHT: f64 = 280.0;

/// Names as a legend shows them.
fn legend(names: &[String]) -> Vec<(Key, String)> {
    names.iter().enumerate().map(|(k, n)| (Key::Arm(k), n.clone())).collect()
}

/// Psychometric and chronometric curves; `moments` holds the tasks of all people at each moment, before first.
pub fn decisions(moments: &[Vec<&decision::Task>], names: &[String]) -> Option<Picture> {
    let strengths: Vec<f64> = moments.first()?.first()?.performance.iter().map(|p| p.coherence).collect();
    let title = "Choices from noisy evidence".to_string();
    let what = "A: share correct over all trials, with 95 % intervals and the Weibull curve through them; a trial \
                without a decision counts as a guess. B: mean time of the trials that came to one."
        .to_string();
    let mut sheet = Sheet::new(&title, &what);
    sheet.legend(&legend(names));
    let percent = |c: f64| 100.0 * c;
    let across = Across::Value(Value::Even { low: 0.0, high: percent(strengths.iter().copied().fold(0.0, f64::max)) });
    let places = columns(2, (START, END), 46.0, 30.0);
    let top = sheet.y + 46.0;
    let shares = Value::Even { low: 40.0, high: PERCENT.place(0.0).map_or(100.0, |_| 102.0) };
    let pooled: Vec<Vec<[f64; 4]>> = moments
        .iter()
        .map(|tasks| {
            (0..strengths.len())
                .map(|k| {
                    let sum = |f: fn(&neural::circuit::decision::Performance) -> f64| -> f64 {
                        tasks.iter().map(|t| f(&t.performance[k])).sum()
                    };
                    let decided = sum(|p| p.trials - p.undecided);
                    let time = sum(|p| (p.trials - p.undecided) * p.time_ms);
                    [sum(|p| p.trials), sum(|p| p.correct), decided, time / decided]
                })
                .collect()
        })
        .collect();
    let times = Value::even(pooled.iter().flatten().map(|p| p[3]));
    let panels = [("Correct", "%", shares), ("Time of decision", "ms", times)];
    let mut rows = Vec::new();
    for (panel, ((name, unit, up), (left, width))) in panels.into_iter().zip(places).enumerate() {
        let frame = Frame { corner: (left, top), size: (width, HEIGHT), across, up };
        sheet.name(char::from(b'A' + panel as u8), name, frame.corner, width);
        frame.draw(&mut sheet.out, unit, "strength of the evidence, % coherence");
        for (k, points) in pooled.iter().enumerate() {
            let value = |p: &[f64; 4]| if panel == 0 { percent(p[1] / p[0]) } else { p[3] };
            let shift = crate::figure::frame::beside(k, pooled.len());
            let mut places = Vec::new();
            for (c, p) in strengths.iter().zip(points) {
                let (Some(x), Some(y)) = (frame.x(percent(*c)), frame.y(value(p))) else { continue };
                if let (0, Ok(r)) = (panel, montecarlo::rate(p[1].round() as u64, p[0].round() as u64, LEVEL)) {
                    let ends = (frame.y_clamped(percent(r.lower)), frame.y_clamped(percent(r.upper)));
                    sheet::upright(&mut sheet.out, &sheet::interval(k), x + shift, ends);
                }
                places.push((x + shift, y));
                if panel == 0 {
                    let mut row = vec![names[k].clone(), words::tick(percent(*c)), words::whole(p[0])];
                    row.extend([percent(p[1] / p[0]), p[3]].map(words::number));
                    rows.push(row);
                }
            }
            match moments[k].first().and_then(|t| t.curve).filter(|_| panel == 0 && moments[k].len() == 1) {
                Some(fit) => {
                    let top = strengths.iter().copied().fold(0.0, f64::max);
                    let curve = (0..=80).map(|i| {
                        let c = top * f64::from(i) / 80.0;
                        let power = if c > 0.0 { resynapse::sim::math::pow(c / fit.threshold, fit.slope) } else { 0.0 };
                        (percent(c), percent(1.0 - 0.5 * exp(-power)))
                    });
                    let points = frame.points(curve);
                    sheet.out.path(&sheet::line(k), &[points]);
                }
                None => sheet.out.path(&sheet::line(k), std::slice::from_ref(&places)),
            }
            places.into_iter().for_each(|p| sheet::marker(&mut sheet.out, k, &sheet::fill(k), p));
        }
    }
    sheet.y = top + HEIGHT + 38.0;
    let table = Table { head: vec!["at", "coherence, %", "trials", "correct, %", "time, ms"], rows };
    let svg = sheet.finish("decisions", &what);
    Some(Picture { name: "decisions", title, caption: what, svg, table })
}

/// Error over the delay, and the distribution of answers; `moments` as above.
pub fn memories(moments: &[Vec<&memory::Task>], names: &[String]) -> Option<Picture> {
    let first = moments.first()?.first()?.plain.first()?;
    let title = "A place held in mind".to_string();
    let what = "A: root mean square distance of the bump from the cue over the delay. B: the same with a distractor \
                half-way. Trials in which the place was lost are left out; the table counts them."
        .to_string();
    let mut sheet = Sheet::new(&title, &what);
    sheet.legend(&legend(names));
    let until = first.readings.last().map_or(1.0, |r| r.time_ms * 1e-3);
    let trials = |tasks: &[&memory::Task], with: bool| -> Vec<Remembered> {
        tasks.iter().flat_map(|t| if with { &t.distracted } else { &t.plain }).cloned().collect()
    };
    // The cue of a trial is its answer less its error.
    let course = |trials: &[Remembered]| -> Vec<(f64, f64)> {
        let kept: Vec<(&Remembered, f64)> =
            trials.iter().filter_map(|t| Some((t, t.readings.last()?.place_deg - t.error_deg?))).collect();
        (0..first.readings.len())
            .map(|k| {
                let far = |(t, cue): &(&Remembered, f64)| signed_deg(t.readings[k].place_deg - cue);
                let squares: f64 = kept.iter().map(|x| far(x) * far(x)).sum();
                (first.readings[k].time_ms * 1e-3, (squares / kept.len().max(1) as f64).sqrt())
            })
            .collect()
    };
    let all: Vec<[Vec<(f64, f64)>; 2]> =
        moments.iter().map(|tasks| [false, true].map(|with| course(&trials(tasks, with)))).collect();
    let up = Value::even(all.iter().flatten().flatten().map(|(_, e)| *e).chain([0.0]));
    let top = sheet.y + 46.0;
    let mut rows = Vec::new();
    for (panel, (left, width)) in columns(2, (START, END), 46.0, 30.0).into_iter().enumerate() {
        let across = Across::Value(Value::Even { low: 0.0, high: until });
        let frame = Frame { corner: (left, top), size: (width, HEIGHT), across, up };
        let name = ["Without a distractor", "With a distractor"][panel];
        sheet.name(char::from(b'A' + panel as u8), name, frame.corner, width);
        frame.draw(&mut sheet.out, "degrees", "time since the cue, s");
        for (k, courses) in all.iter().enumerate() {
            let points = frame.points(courses[panel].iter().copied());
            sheet.out.path(&sheet::line(k), std::slice::from_ref(&points));
            if let Some(last) = points.last() {
                sheet::marker(&mut sheet.out, k, &sheet::fill(k), *last);
            }
            let of = trials(&moments[k], panel == 1);
            let lost = of.iter().filter(|t| t.error_deg.is_none()).count();
            let error = courses[panel].last().map_or_else(|| "–".into(), |(_, e)| words::number(*e));
            rows.push(vec![names[k].clone(), name.to_string(), of.len().to_string(), lost.to_string(), error]);
        }
    }
    sheet.y = top + HEIGHT + 38.0;
    let table = Table { head: vec!["at", "trials", "number", "lost", "error at the end, degrees"], rows };
    let svg = sheet.finish("memory", &what);
    Some(Picture { name: "memory", title, caption: what, svg, table })
}
