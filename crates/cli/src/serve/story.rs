//! The popular account, heading by heading, as files of the atlas tell it.

use super::catalogue::claim;
use super::data::document;
use super::problem::Wrong;
use super::schema::{Ask, Claim, Predict, Story, StoryHead, StoryPart, StoryPicture};
use crate::figure::words;
use model::diagnostic::Diagnostic;
use model::source::{SourceMap, Sources};
use resynapse::atlas::Atlas;
use resynapse::fields::Fields;
use resynapse::quantity;
use resynapse::run::{Results, whole};

const FOLDER: &str = "stories";

/// A story with the reading that decides its question.
#[derive(Clone, Debug)]
pub struct Told {
    /// What the page shows.
    pub story: Story,
    /// What decides the question.
    pub reading: Reading,
}

/// A number of the picture's run, and where it must lie for the answer to be right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The signal.
    pub port: String,
    /// What is read off it.
    pub read: Read,
    /// When, h.
    pub at_h: f64,
    /// The answer holds from here.
    pub low: f64,
    /// The answer holds up to here.
    pub high: f64,
}

/// What is read off a signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Read {
    /// The value farthest from rest.
    #[default]
    Peak,
    /// When that is, h.
    PeakTime,
    /// The change from rest at a moment.
    Change,
    /// The value at a moment.
    Value,
    /// The effect at a moment as a share of the largest.
    Left,
}

impl Reading {
    /// The reading of a run.
    pub fn of(&self, results: &Results) -> f64 {
        let Some(k) = results.trace(&self.port) else { return f64::NAN };
        let course = results.treated();
        let rest = course.values[k].first().copied().unwrap_or(f64::NAN);
        let (when, peak) = course.peak(k);
        match self.read {
            Read::Peak => peak,
            Read::PeakTime => when,
            Read::Change => course.at(k, self.at_h) - rest,
            Read::Value => course.at(k, self.at_h),
            Read::Left => (course.at(k, self.at_h) - rest) / (peak - rest),
        }
    }

    /// Whether the answer is right for a run.
    pub fn holds(&self, results: &Results) -> bool {
        (self.low..=self.high).contains(&self.of(results))
    }
}

/// Reads all stories, in the order of their files; everything wrong is said at once.
pub fn load(atlas: &Atlas, sources: &dyn Sources) -> Result<Vec<Told>, (Vec<Diagnostic>, SourceMap)> {
    let mut map = SourceMap::default();
    let mut found = Vec::new();
    let mut stories: Vec<Told> = Vec::new();
    let mut paths: Vec<String> = sources.list(FOLDER).into_iter().filter(|p| p.ends_with(".toml")).collect();
    paths.sort();
    for path in paths {
        stories.extend(document(sources, &path, &mut map, &mut found, |f| story(atlas, f)));
    }
    let names: Vec<String> = stories.iter().map(|s| s.story.name.clone()).collect();
    for (i, told) in stories.iter_mut().enumerate() {
        told.story.previous = i.checked_sub(1).map(|i| names[i].clone());
        told.story.next = names.get(i + 1).cloned();
    }
    if found.is_empty() { Ok(stories) } else { Err((found, map)) }
}

fn story(atlas: &Atlas, f: &Fields<'_, '_>) -> Option<Told> {
    let head = f.table("story", |s| {
        let text = |key: &str| s.needed(key).value;
        (text("name"), text("heading"), text("title"), text("lead"))
    });
    let parts = f.tables("part", |p| StoryPart {
        title: p.needed("title").value,
        text: paragraphs(&p.needed("text").value),
        claims: p.texts("claims").into_iter().filter_map(|id| of_id(atlas, p, &id.value, id.span)).collect(),
    });
    let picture = f.table("picture", |p| picture(atlas, p));
    let predict = f.table("predict", |p| predict(atlas, p));
    let ((name, heading, title, lead), picture, (predict, reading)) = (head?, picture?, predict?);
    let story = Story { name, heading, title, lead, parts, picture, predict, next: None, previous: None };
    Some(Told { story, reading })
}

fn of_id(atlas: &Atlas, f: &Fields<'_, '_>, id: &str, span: model::source::Span) -> Option<Claim> {
    let found = atlas.claims.iter().find(|c| c.id == id).map(claim);
    if found.is_none() {
        f.error("RS4049", span, format!("`{id}` is not a claim"), "see claims.csv");
    }
    found
}

/// Paragraphs stand apart by an empty line; within one, lines run on.
fn paragraphs(text: &str) -> Vec<String> {
    let whole = text.split("\n\n").map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "));
    whole.filter(|p| !p.is_empty()).collect()
}

fn picture(atlas: &Atlas, f: &Fields<'_, '_>) -> StoryPicture {
    let until = f.text("until").map(|t| t.value);
    let condition = f.text("condition").map(|t| t.value);
    let ask = |text: &str| {
        let named = text.split_once(':').filter(|(name, _)| atlas.scenarios.contains_key(*name));
        let (what, arm) = named.map_or((text, None), |(what, arm)| (what, Some(arm.to_string())));
        Ask { what: what.into(), arm, until: until.clone(), condition: condition.clone(), ..Ask::default() }
    };
    let ports = f.texts("ports");
    let known = whole(atlas).map(|a| a.traces.as_slice()).unwrap_or_default();
    for port in ports.iter().filter(|p| known.iter().all(|t| t.port != p.value)) {
        let message = format!("`{}` is not a reported signal", port.value);
        f.error("RS6303", port.span, message, "see the traces of assemblies/whole.toml");
    }
    StoryPicture {
        ask: ask(&f.needed("what").value),
        against: f.text("against").map(|t| ask(&t.value)),
        ports: ports.into_iter().map(|p| p.value).collect(),
        caption: f.needed("caption").value,
    }
}

fn predict(_atlas: &Atlas, f: &Fields<'_, '_>) -> (Predict, Reading) {
    let choices: Vec<String> = f.texts("choices").into_iter().map(|t| t.value).collect();
    let answer = f.number("answer");
    let right = answer.as_ref().map(|a| a.value).filter(|a| a.fract() == 0.0 && *a >= 1.0);
    let right = right.map(|a| a as usize - 1).filter(|a| *a < choices.len());
    if right.is_none() {
        let span = answer.as_ref().map_or(f.span(), |a| a.span);
        f.error("RS6404", span, "`answer` is not the number of a choice", "they count from 1");
    }
    let read = f.needed("read");
    let read = match read.value.as_str() {
        "peak" => Read::Peak,
        "peak_time_h" => Read::PeakTime,
        "change" => Read::Change,
        "value" => Read::Value,
        "left" => Read::Left,
        other => {
            let hint = "peak, peak_time_h, change, value or left";
            f.error("RS6404", read.span, format!("`{other}` is not a reading"), hint);
            Read::Peak
        }
    };
    let at_h = f.text("at").map_or(0.0, |at| {
        quantity::moment(&at.value).unwrap_or_else(|why| {
            f.error("RS6519", at.span, why, "as in `at = \"24 h\"`");
            0.0
        })
    });
    let number = |key: &str| f.number(key).map_or(f64::NAN, |n| n.value);
    let reading = Reading { port: f.needed("port").value, read, at_h, low: number("low"), high: number("high") };
    let predict = Predict {
        question: f.needed("question").value,
        choices,
        answer: right.unwrap_or(0),
        reveal: f.needed("reveal").value,
    };
    (predict, reading)
}

/// All stories in a list.
pub fn heads(stories: &[Told]) -> Vec<StoryHead> {
    let head = |s: &Story| StoryHead {
        name: s.name.clone(),
        heading: s.heading.clone(),
        title: s.title.clone(),
        lead: s.lead.clone(),
        claims: s.parts.iter().flat_map(|p| p.claims.iter().map(|c| c.id.clone())).collect(),
    };
    stories.iter().map(|t| head(&t.story)).collect()
}

/// One story.
pub fn find<'a>(stories: &'a [Told], name: &str) -> Result<&'a Story, Wrong> {
    let found = stories.iter().find(|t| t.story.name == name).map(|t| &t.story);
    found.ok_or_else(|| Wrong::Missing(format!("there is no story `{}`", words::shorten(name, 80))))
}
