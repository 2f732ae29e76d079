//! Everything the page can choose from.

use super::data::Data;
use super::schema::{
    Ask, Catalogue, Claim, CompoundChoice, CompoundKind, ContextChoice, Described, Door, GradeMeaning, LinkChoice,
    RouteChoice, ScenarioChoice, TrialChoice,
};
use crate::figure::{NOT_ADVICE, name_in_words};
use model::ledger::Grade;
use model::source::SourceMap;
use resynapse::atlas::{Atlas, KnockoutSpec};
use resynapse::compound::{Compound, route_title};
use resynapse::hypothesis::ordered;
use resynapse::quantity::{self, Amount};
use resynapse::run::whole;
use resynapse::{regimen, scenario};

/// What the page opens with.
const START: &str = "ketamine 0.5 mg/kg iv over 40 min";
/// Mass per body mass, kg/kg, of one mg/kg; the same number turns kg into mg.
const MG: f64 = 1e-6;
/// Routes by which a dose may run over a time.
const INFUSED: [&str; 2] = ["iv", "sc"];

/// Puts it together.
pub fn catalogue(atlas: &Atlas, data: &Data) -> Catalogue {
    let links = whole(atlas).map(|a| a.knockouts.as_slice()).unwrap_or_default();
    let ledger = &atlas.library.ledger;
    let contexts = ledger.contexts().into_iter().filter(|c| c.starts_with("set=") || c.starts_with("with="));
    Catalogue {
        program: env!("CARGO_PKG_VERSION").into(),
        atlas: ::atlas::VERSION.into(),
        atlas_hash: atlas.hash.clone(),
        not_advice: NOT_ADVICE.into(),
        start: Ask { what: START.into(), ..Ask::default() },
        crisis: data.crisis.clone(),
        compounds: compounds(atlas, data),
        conditions: atlas
            .conditions
            .values()
            .map(|c| Described { name: c.name.clone(), title: c.title.clone(), about: c.about.clone() })
            .collect(),
        hypotheses: ordered(atlas)
            .into_iter()
            .map(|h| Described { name: h.id.clone(), title: h.title.clone(), about: h.claim.clone() })
            .collect(),
        links: links.iter().map(link).collect(),
        presets: data.presets.clone(),
        scenarios: scenarios(atlas),
        trials: atlas
            .trials
            .keys()
            .map(|name| TrialChoice { name: name.clone(), title: name_in_words(name) })
            .collect(),
        contexts: contexts
            .map(|c| ContextChoice {
                name: c.into(),
                rows: ledger.rows().iter().filter(|r| r.context.contains(c)).count(),
            })
            .collect(),
        grades: Grade::ALL.iter().map(|g| GradeMeaning { grade: (*g).into(), meaning: g.meaning().into() }).collect(),
        claims: atlas.claims.iter().map(claim).collect(),
    }
}

/// A claim as the page shows it.
pub fn claim(c: &resynapse::claim::Claim) -> Claim {
    Claim {
        id: c.id.clone(),
        heading: c.heading.clone(),
        claim: c.claim.clone(),
        grade: c.grade.clone(),
        supports: c.supports.clone(),
        against: c.against.clone(),
        home: c.home.clone(),
        tests: c.tests.clone(),
    }
}

fn link(k: &KnockoutSpec) -> LinkChoice {
    let about = if k.expectancy {
        "sessions raise no expectation".into()
    } else {
        format!("held as without drug: {}", k.hold.join(", "))
    };
    LinkChoice { name: k.name.clone(), about, expectation: k.expectancy }
}

fn scenarios(atlas: &Atlas) -> Vec<ScenarioChoice> {
    let of = |s: &scenario::Scenario| {
        let protocol = s.protocol(atlas, &mut SourceMap::default()).ok()?;
        Some(ScenarioChoice {
            name: s.name.clone(),
            title: name_in_words(&s.name),
            question: s.question.clone(),
            door: match s.door {
                scenario::Door::Curious => Door::Curious,
                scenario::Door::Modeller => Door::Modelling,
            },
            arms: protocol.plans.into_iter().map(|p| p.name).collect(),
        })
    };
    atlas.scenarios.values().filter_map(of).collect()
}

/// Ketamine and its forms first, then what it is compared with, then partners.
fn compounds(atlas: &Atlas, data: &Data) -> Vec<CompoundChoice> {
    let given = atlas.compounds.values().filter(|c| !c.routes.is_empty());
    let mut all: Vec<CompoundChoice> = given
        .map(|c| CompoundChoice {
            name: c.name.clone(),
            title: c.title.clone(),
            kind: kind(c),
            routes: c.routes.keys().map(|route| choice(atlas, data, c, route)).collect(),
        })
        .collect();
    let rank = |c: &CompoundChoice| match (c.kind, c.name.as_str()) {
        (CompoundKind::Ketamine, "ketamine") => 0,
        (CompoundKind::Ketamine, "esketamine") => 1,
        (CompoundKind::Ketamine, "arketamine") => 2,
        (CompoundKind::Ketamine, _) => 3,
        (CompoundKind::Comparator, _) => 4,
        (CompoundKind::Partner, _) => 5,
    };
    all.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.name.cmp(&b.name)));
    all
}

fn kind(c: &Compound) -> CompoundKind {
    let of_ketamine = |species: &String| species.starts_with("ketamine") || species.starts_with("hnk");
    match c.name.as_str() {
        "midazolam" | "saline" | "placebo" | "escitalopram" | "duloxetine" | "memantine" => CompoundKind::Comparator,
        _ if c.composition.keys().any(of_ketamine) => CompoundKind::Ketamine,
        _ => CompoundKind::Partner,
    }
}

fn choice(atlas: &Atlas, data: &Data, compound: &Compound, route: &str) -> RouteChoice {
    let highest_published = compound.routes.get(route).map(|r| r.highest_published.clone()).filter(|t| !t.is_empty());
    let highest = highest_published.as_ref().and_then(|text| {
        let words: Vec<&str> = text.split_whitespace().take(2).collect();
        quantity::dose(&words.join(" ")).ok().map(|(amount, _)| amount)
    });
    // The first published dose of this compound by this route is where a slider begins.
    let usual = data.presets.iter().find_map(|p| {
        let regimen = regimen::sentence(atlas, &mut SourceMap::default(), &p.what).ok()?;
        let dose = regimen.doses.first()?;
        (dose.compound == compound.name && dose.route == route).then_some((dose.amount, dose.over_h))
    });
    let (usual, over_h) = (usual.map(|u| u.0).or(highest), usual.map_or(0.0, |u| u.1));
    let per_kg = matches!(highest.or(usual), Some(Amount::MassPerBody(_)));
    let number = |amount: Amount| match amount {
        Amount::Mass(x) if !per_kg => super::lane::rounded(x / MG),
        Amount::MassPerBody(x) if per_kg => super::lane::rounded(x / MG),
        _ => None,
    };
    RouteChoice {
        name: route.into(),
        title: route_title(route).into(),
        unit: if per_kg { "mg/kg" } else { "mg" }.into(),
        infused: INFUSED.contains(&route),
        highest_published,
        highest: highest.and_then(number),
        usual: usual.and_then(number),
        over_min: (over_h > 0.0).then(|| (60.0 * over_h).round()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use resynapse::atlas::Embedded;

    #[test]
    fn agrees_with_published_doses() {
        let atlas = Atlas::embedded();
        let data = Data::load(&atlas, &Embedded).unwrap_or_default();
        let found = catalogue(&atlas, &data);
        let ketamine = &found.compounds[0];
        assert_eq!((ketamine.name.as_str(), ketamine.kind), ("ketamine", CompoundKind::Ketamine));
        let iv = ketamine.routes.iter().find(|r| r.name == "iv").expect("a route");
        assert_eq!((iv.unit.as_str(), iv.highest, iv.usual, iv.over_min), ("mg/kg", Some(1.5), Some(0.5), Some(40.0)));
        let nasal = found.compounds[1].routes.iter().find(|r| r.name == "nasal").expect("a route");
        assert_eq!((nasal.unit.as_str(), nasal.highest, nasal.usual), ("mg", Some(84.0), Some(84.0)));
        assert_eq!(found.claims.len(), 54);
        assert!(found.links.iter().any(|l| l.expectation) && !found.scenarios.is_empty());
    }
}
