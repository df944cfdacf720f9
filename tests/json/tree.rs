//! Objects made up at random, texts of them in many layouts, and changes to them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Number, Value};

#[derive(Clone, Debug)]
pub enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

#[derive(Clone, Copy, Debug)]
pub struct Layout {
    line: &'static str,
    unit: &'static str,
    colon: &'static str,
    comma: &'static str,
}

impl Layout {
    pub const ALL: [Layout; 6] = [
        Layout { line: "\n", unit: "\t", colon: ": ", comma: "," },
        Layout { line: "\n", unit: "  ", colon: ": ", comma: "," },
        Layout { line: "\n", unit: "    ", colon: ":", comma: "," },
        Layout { line: "\r\n", unit: "  ", colon: ": ", comma: "," },
        Layout { line: "", unit: "", colon: ":", comma: "," },
        Layout { line: "", unit: "", colon: ": ", comma: ", " },
    ];
}

pub fn layout() -> impl Strategy<Value = Layout> {
    select(Layout::ALL.to_vec())
}

pub fn json() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        1 => Just(Node::Null),
        1 => any::<bool>().prop_map(Node::Bool),
        1 => (-(1i64 << 53)..(1i64 << 53)).prop_map(Node::Int),
        1 => (-1000i64..1000).prop_map(Node::Int),
        1 => (-1e9..1e9f64).prop_filter("written as an integer", |n| n.fract() != 0.0).prop_map(Node::Float),
        4 => text().prop_map(Node::Text),
    ];
    let node = leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Node::List),
            vec((key(), inner), 0..5).prop_map(|entries| Node::Map(once(entries))),
        ]
    });
    // one value at least that is encrypted
    vec((key(), node), 0..6).prop_map(|mut entries| {
        entries.push(("token".to_owned(), Node::Text("t".to_owned())));
        Node::Map(once(entries))
    })
}

fn once(mut entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let mut seen = Vec::new();
    entries.retain(|(key, _)| {
        let new = !seen.contains(key) && key != "sops";
        seen.push(key.clone());
        new
    });
    entries
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,6}",
        1 => "[a-z]{1,3}_unencrypted",
        1 => "[ !#-<>-Z^-~äß€\u{10348}]{1,6}".prop_filter("outer blanks", |key| key.trim() == key),
        1 => select(vec!["a.b", "a:b", "x y", "data", "mac", "0", "größe"]).prop_map(str::to_owned),
    ]
}

pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ -~]{0,30}",
        2 => "\\PC{0,10}",
        1 => "[a\"\\\\\n\t\r\u{1}\u{1f}\u{7f}<>&\u{2028}/]{0,10}",
        1 => select(vec!["", "null", "true", "12", "ENC[", "ENC[AES256_GCM,data:x,iv:x,tag:x,type:int]"]).prop_map(str::to_owned),
    ]
}

/// The text, each token in the form in which this program would write it.
pub fn written(node: &Node, layout: Layout) -> String {
    let mut out = String::new();
    write(node, layout, 0, &mut out);
    out
}

fn write(node: &Node, layout: Layout, depth: usize, out: &mut String) {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(said) => out.push_str(&said.to_string()),
        Node::Int(n) => out.push_str(&n.to_string()),
        Node::Float(n) => out.push_str(&n.to_string()),
        Node::Text(text) => quote(text, out),
        Node::List(all) => {
            let items = all.iter().map(|item| (None, item)).collect();
            bracket(('[', ']'), items, layout, depth, out);
        }
        Node::Map(all) => {
            let items = all.iter().map(|(key, item)| (Some(key), item)).collect();
            bracket(('{', '}'), items, layout, depth, out);
        }
    }
}

fn bracket(
    (open, close): (char, char),
    items: Vec<(Option<&String>, &Node)>,
    layout: Layout,
    depth: usize,
    out: &mut String,
) {
    out.push(open);
    let count = items.len();
    for (n, (key, item)) in items.into_iter().enumerate() {
        if n > 0 {
            out.push_str(layout.comma);
        }
        out.push_str(layout.line);
        out.push_str(&layout.unit.repeat(depth + 1));
        if let Some(key) = key {
            quote(key, out);
            out.push_str(layout.colon);
        }
        write(item, layout, depth + 1, out);
    }
    if count > 0 {
        out.push_str(layout.line);
        out.push_str(&layout.unit.repeat(depth));
    }
    out.push(close);
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            _ => out.push(char),
        }
    }
    out.push('"');
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// Every way that leads somewhere, and whether a value is there.
pub fn places(root: &Value) -> Vec<(Vec<Step>, bool)> {
    let mut all = Vec::new();
    walk(root, &mut Vec::new(), &mut all);
    all
}

fn walk(node: &Value, way: &mut Vec<Step>, all: &mut Vec<(Vec<Step>, bool)>) {
    all.push((way.clone(), !node.is_object() && !node.is_array()));
    let steps: Vec<(Step, &Value)> = match node {
        Value::Object(entries) => entries.iter().map(|(k, v)| (Step::Key(k.clone()), v)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, v)| (Step::Index(n), v)).collect(),
        _ => Vec::new(),
    };
    for (step, below) in steps {
        way.push(step);
        walk(below, way, all);
        way.pop();
    }
}

/// The way to something new in the map or list at `way`. sops sets nothing in a list that is not there.
pub fn new_below(root: &Value, way: &[Step], n: usize) -> Option<Vec<Step>> {
    let step = match at(root, way)? {
        Value::Object(_) => Step::Key(format!("new{n}")),
        Value::Array(items) => Step::Index(items.len()),
        _ => return None,
    };
    let mut way = [way, &[step]].concat();
    if n % 3 == 0 {
        way.push(Step::Key("below".to_owned()));
    }
    Some(way)
}

fn at<'a>(root: &'a Value, way: &[Step]) -> Option<&'a Value> {
    way.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(n) => node.get(n),
    })
}

/// As both command lines take it.
pub fn index(way: &[Step]) -> String {
    let part = |step: &Step| match step {
        Step::Key(key) => format!("[{}]", Value::from(key.as_str())),
        Step::Index(n) => format!("[{n}]"),
    };
    way.iter().map(part).collect()
}

pub fn apply(root: &mut Value, way: &[Step], new: Option<Value>) {
    let Some((step, rest)) = way.split_first() else { return *root = new.unwrap_or_default() };
    if root.is_null() {
        *root = match step {
            Step::Key(_) => Value::Object(serde_json::Map::new()),
            Step::Index(_) => Value::Array(Vec::new()),
        };
    }
    match (step, root) {
        (Step::Key(key), Value::Object(entries)) if rest.is_empty() && new.is_none() => {
            entries.remove(key);
        }
        (Step::Key(key), Value::Object(entries)) => {
            apply(entries.entry(key.clone()).or_insert(Value::Null), rest, new);
        }
        (Step::Index(n), Value::Array(items)) if rest.is_empty() && new.is_none() => {
            items.remove(*n);
        }
        (Step::Index(n), Value::Array(items)) => {
            if *n == items.len() {
                items.push(Value::Null);
            }
            apply(&mut items[*n], rest, new);
        }
        (step, other) => panic!("{step:?} leads nowhere in {other}"),
    }
}

/// The same with every number and boolean as a text.
pub fn texts(node: &Value) -> Value {
    match node {
        Value::Bool(said) => Value::from(said.to_string()),
        Value::Number(n) => Value::from(Number::to_string(n)),
        Value::Array(items) => items.iter().map(texts).collect(),
        Value::Object(entries) => entries.iter().map(|(k, v)| (k.clone(), texts(v))).collect(),
        other => other.clone(),
    }
}

/// Where a text in quotes was changed in place, all else but time and MAC is as it was, byte for byte.
pub fn only_these_differ(before: &[u8], after: &[u8], model: &Value, way: &[Step]) {
    let in_clear = way.iter().any(|step| matches!(step, Step::Key(key) if key.ends_with("_unencrypted")));
    let was = at(model, way);
    if in_clear || was.is_none_or(|was| was.is_null() || was.is_object() || was.is_array()) {
        return;
    }
    let pieces = |file: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(file).split("\"").map(str::to_owned).collect()
    };
    let (before, after) = (pieces(before), pieces(after));
    assert_eq!(before.len(), after.len());
    let differ: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
    assert!(differ.len() <= 3, "{differ:#?}");
}
