//! The metadata of the result: rule, what the MAC covers, and whatever else is written there, each three-way; recipients
//! and the data key are told in `recipients`.

use super::build::{Build, unfit};
use super::{Side, Tools, recipients};
use crate::error::Result;
use crate::sops::meta::Meta;
use crate::sops::metadata::Metadata;
use crate::sops::open::Open;
use crate::sops::rule::FIELDS;

/// What a conflict of metadata is called: the rule, the recipients or a field.
const PREFIX: &str = "sops:";

/// Merges the metadata into the result. Answers with the names of what both changed.
pub(super) fn merge(
    base: Option<&Open>,
    build: &mut Build<'_>,
    pick: &dyn Fn(&str) -> Option<Side>,
    tools: &mut Tools<'_>,
) -> Result<Vec<String>> {
    let ours = fields(&build.open)?.clone();
    let theirs = fields(build.theirs)?;
    let from = match base {
        Some(base) => Some(fields(base)?),
        None => None,
    };
    let mut conflicts = Vec::new();
    let mut choose = |name: &str, same: bool, base_is: [bool; 2]| -> Side {
        let name = format!("{PREFIX}{name}");
        match (same, base_is) {
            (true, _) | (_, [_, true]) => Side::Ours,
            (_, [true, _]) => Side::Theirs,
            _ => pick(&name).unwrap_or_else(|| {
                conflicts.push(name);
                Side::Ours
            }),
        }
    };
    let mut merged = ours.clone();
    for name in names(&[&ours, theirs]) {
        let said = |meta: &Meta| meta.get(name).filter(|m| !is_nothing(m)).cloned();
        let (o, t, b) = (said(&ours), said(theirs), from.and_then(said));
        if name == "version" {
            if let (Some(Meta::Text(o)), Some(Meta::Text(t))) = (&o, &t)
                && numbers(t) > numbers(o)
            {
                merged.put(name, Meta::Text(t.clone()));
            }
            continue;
        }
        if choose(name, o == t, [b == o, b == t]) == Side::Theirs {
            match t {
                Some(t) => merged.put(name, t),
                None => merged.drop(name),
            }
        }
    }
    let rule = |open: &Open| -> (String, String) {
        let (field, text) = open.metadata.rule.field();
        (field.to_owned(), text.to_owned())
    };
    let (o, t, b) = (rule(&build.open), rule(build.theirs), base.map(rule));
    if choose("rule", o == t, [b.as_ref() == Some(&o), b.as_ref() == Some(&t)]) == Side::Theirs {
        for field in FIELDS {
            merged.drop(field);
            if let Some(text) = theirs.get(field) {
                merged.put(field, text.clone());
            }
        }
    }
    recipients::merge(base, build, &mut merged, &mut choose, tools)?;
    if merged != ours {
        let mut sorted = ours.clone();
        sorted.sort();
        if sorted == ours {
            merged.sort();
        }
        attach(build, &merged)?;
    }
    Ok(conflicts)
}

pub(super) fn fields(open: &Open) -> Result<&Meta> {
    open.tree.metadata.as_ref().map(|found| &found.fields).ok_or_else(unfit)
}

/// The fields that stand for themselves.
fn names<'a>(all: &[&'a Meta]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for meta in all {
        let Meta::Map(entries) = meta else { continue };
        for (name, _) in entries {
            let other = matches!(&**name, "lastmodified" | "mac") || recipients::is_one(name);
            if !other && !FIELDS.contains(&&**name) && !names.contains(&&**name) {
                names.push(name);
            }
        }
    }
    names
}

fn is_nothing(meta: &Meta) -> bool {
    match meta {
        Meta::Text(text) | Meta::Bare(text) => matches!(&**text, "" | "null" | "~" | "false"),
        Meta::List(all) => all.is_empty(),
        Meta::Map(all) => all.is_empty(),
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|n| n.parse().ok()).collect()
}

fn attach(build: &mut Build<'_>, merged: &Meta) -> Result<()> {
    let store = build.open.format.store();
    let block = store.metadata(&build.open.file, &build.open.tree, merged);
    let patches = store.attach(&build.open.file, &build.open.tree, &block)?;
    let file = crate::sops::store::weave(&build.open.file, patches);
    let tree = store.read(&file)?;
    if tree.leaves.len() != build.open.tree.leaves.len() {
        return Err(unfit());
    }
    build.put(file, tree);
    build.open.metadata = Metadata::parse(fields(&build.open)?)?;
    Ok(())
}
