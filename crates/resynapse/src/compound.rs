//! What can be given: compounds, their forms, composition and routes.

use crate::fields::Fields;
use crate::quantity;
use model::unit::Unit;
use std::collections::BTreeMap;

/// A compound file of the atlas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compound {
    /// `ketamine`.
    pub name: String,
    /// `Racemic ketamine`.
    pub title: String,
    /// Other names it is known by.
    pub aliases: Vec<String>,
    /// kg/umol; 0 for a compound without drug (saline).
    pub molecular_weight: f64,
    /// Form → mass of base in one mass of the form.
    pub forms: BTreeMap<String, f64>,
    /// Species → share of the amount of substance.
    pub composition: BTreeMap<String, f64>,
    /// Route → how it is given.
    pub routes: BTreeMap<String, RouteOf>,
}

/// How a compound is given by one route.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteOf {
    /// Name of the dosing event; `{species}` stands for each part of the composition.
    pub event: String,
    /// Mass of one unit (a pair of sprays, kg) where a dose is given in several.
    pub unit_dose: Option<f64>,
    /// Time between units, h.
    pub unit_interval: f64,
    /// True where a dose is given in a treatment session, with the hope that raises; false for a tablet at home.
    pub session: bool,
    /// Highest dose found in a publication, as text, with its source.
    pub highest_published: String,
}

/// Routes with the words they may be called by.
pub const ROUTES: [(&str, &[&str], &str); 9] = [
    ("iv", &["intravenous", "intravenously", "infusion"], "intravenous"),
    ("im", &["intramuscular", "intramuscularly"], "intramuscular"),
    ("sc", &["subcutaneous", "subcutaneously"], "subcutaneous"),
    ("nasal", &["intranasal", "intranasally", "in"], "nasal spray"),
    ("oral", &["po", "orally", "mouth"], "swallowed, immediate release"),
    ("oral_er", &["er", "extended_release", "xr", "prolonged_release"], "swallowed, extended release"),
    ("sublingual", &["sl", "odt", "lozenge"], "under the tongue"),
    ("film", &["otf", "buccal"], "oral thin film"),
    ("inhaled", &["nebulised", "nebulized"], "inhaled"),
];

/// The name of a route from any word for it.
pub fn route_name(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    ROUTES.iter().find(|(name, aliases, _)| *name == word || aliases.contains(&word.as_str())).map(|r| r.0)
}

/// A route in words.
pub fn route_title(name: &str) -> &str {
    ROUTES.iter().find(|r| r.0 == name).map_or(name, |r| r.2)
}

pub(crate) fn read(fields: &Fields<'_, '_>) -> Compound {
    let quantity_in = |fields: &Fields<'_, '_>, key: &str, unit: &str| -> Option<f64> {
        let text = fields.text(key)?;
        let unit = Unit::parse(unit).unwrap_or_else(|_| Unit::one());
        match quantity::value(&text.value, &unit) {
            Ok(x) => Some(x),
            Err(why) => {
                fields.error("RS6005", text.span, why, format!("as in `{key} = \"1 {unit}\"`"));
                None
            }
        }
    };
    let shares = |fields: &Fields<'_, '_>| -> BTreeMap<String, f64> {
        let keys = fields.keys();
        keys.iter().filter_map(|k| Some((k.value.clone(), fields.number(&k.value)?.value))).collect()
    };
    let compound = Compound {
        name: fields.needed("name").value,
        title: fields.needed("title").value,
        aliases: fields.texts("aliases").into_iter().map(|t| t.value).collect(),
        molecular_weight: quantity_in(fields, "molecular_weight", "g/mol").unwrap_or(0.0),
        forms: fields.table("forms", shares).unwrap_or_default(),
        composition: fields.table("composition", shares).unwrap_or_default(),
        routes: fields
            .table("routes", |routes| {
                let keys = routes.keys();
                let mut found = BTreeMap::new();
                for key in keys {
                    if route_name(&key.value) != Some(key.value.as_str()) {
                        let names: Vec<&str> = ROUTES.iter().map(|r| r.0).collect();
                        let message = format!("`{}` is not a route", key.value);
                        routes.error("RS6006", key.span, message, format!("the routes are {}", names.join(", ")));
                    }
                    let route = routes.table(&key.value, |r| RouteOf {
                        event: r.needed("event").value,
                        unit_dose: quantity_in(r, "unit_dose", "mg"),
                        unit_interval: quantity_in(r, "unit_interval", "min").unwrap_or(0.0),
                        session: r.truth("session").unwrap_or(true),
                        highest_published: {
                            let _ = (r.text("source"), r.text("note"));
                            r.text("max_published_dose").map(|t| t.value).unwrap_or_default()
                        },
                    });
                    found.extend(route.map(|r| (key.value.clone(), r)));
                }
                found
            })
            .unwrap_or_default(),
    };
    let _ = (fields.text("source"), fields.text("about"), fields.text("note"));
    let total: f64 = compound.composition.values().sum();
    if !compound.composition.is_empty() && (total - 1.0).abs() > 1e-12 {
        let message = format!("the shares of `{}` add up to {total}, not 1", compound.name);
        fields.error("RS6007", fields.span(), message, "correct `[composition]`");
    }
    if !compound.composition.is_empty() && compound.molecular_weight <= 0.0 {
        let hint = "add `molecular_weight = \"237.73 g/mol\"`";
        fields.error("RS6008", fields.span(), format!("`{}` has no molecular weight", compound.name), hint);
    }
    compound
}
