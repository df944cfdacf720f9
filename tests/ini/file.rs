//! INI files made up at random.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Clone, Debug)]
pub struct Section {
    comment: Vec<String>,
    name: String,
    keys: Vec<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    comment: Vec<String>,
    name: String,
    mark: &'static str,
    value: String,
}

/// The first one stands above all sections.
pub fn ini() -> impl Strategy<Value = Vec<Section>> {
    let key = (comment(), key(), select(vec!["=", " = ", ":", " =", "\t=\t"]), value());
    let key = key.prop_map(|(comment, name, mark, value)| Key { comment, name, mark, value });
    let section = (comment(), "[a-z][a-z. :-]{0,5}[a-z]", vec(key, 0..5));
    let section = section.prop_map(|(comment, name, keys)| Section { comment, name, keys: once(keys) });
    vec(section, 1..5).prop_map(|mut all| {
        all[0].name = "DEFAULT".to_owned();
        all[0].comment.clear();
        let mut seen = Vec::new();
        all.retain(|section| {
            let new = !seen.contains(&section.name) && section.name != "sops";
            seen.push(section.name.clone());
            new
        });
        all.push(Section {
            comment: Vec::new(),
            name: "last".to_owned(),
            keys: vec![Key { comment: vec![], name: "token".to_owned(), mark: " = ", value: "t".to_owned() }],
        });
        all
    })
}

fn once(mut keys: Vec<Key>) -> Vec<Key> {
    let mut seen = Vec::new();
    keys.retain(|key| {
        let new = !seen.contains(&key.name);
        seen.push(key.name.clone());
        new
    });
    keys
}

fn comment() -> impl Strategy<Value = Vec<String>> {
    vec("[;#] ?[a-zA-Z][ -~]{0,10}[a-z]", 0..3).prop_flat_map(|lines| {
        let few = any::<bool>();
        few.prop_map(move |few| if few { Vec::new() } else { lines.clone() })
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z][a-z0-9_.]{0,6}", 1 => "[a-z]{1,4}_unencrypted", 1 => "[a-zäß] [a-z'\\[\\]#;]{1,4}[a-z]"]
}

/// What sops, which writes the whole file anew, does not change by that.
pub fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9 +/=:.,!$%&()*\\\\-]{0,20}[a-z]".prop_map(|text| text.trim().to_owned()),
        2 => "[ -~]{0,12}",
        2 => "[a-z'\"` #;äß]{0,6}(\n[a-z' #;=\\[]{0,6}){0,3}[a-z]",
        1 => select(vec!["", "'", "\"", "a'b", "a\"", "[x]", "=", "true", "5"]).prop_map(str::to_owned),
    ]
    .prop_filter("sops writes it back changed", |text| {
        let quoted = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
        let blank = text.trim() != text.as_str();
        let changed = text.ends_with('\\')
            || quoted('\'')
            || text.starts_with('"')
            || text.ends_with('"')
            || text.contains("\"\"\"")
            || (blank && text.contains('"'));
        !changed
    })
}

/// Each value in a form that readers agree about.
pub fn written(sections: &[Section]) -> String {
    let mut out = String::new();
    for (n, section) in sections.iter().enumerate() {
        comments(&section.comment, &mut out);
        if n > 0 {
            out.push_str(&format!("[{}]\n", section.name));
        }
        for key in &section.keys {
            comments(&key.comment, &mut out);
            out.push_str(&key.name);
            out.push_str(key.mark);
            let value = &key.value;
            let bare = value.trim() == value && !value.contains(['\n', '#', ';']) && !value.starts_with('`');
            if bare {
                out.push_str(value);
            } else if value.contains('\n') {
                out.push_str(&format!("\"\"\"{value}\"\"\""));
            } else {
                out.push_str(&format!("`{value}`"));
            }
            out.push('\n');
        }
        if n % 2 == 0 {
            out.push('\n');
        }
    }
    out
}

fn comments(lines: &[String], out: &mut String) {
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
}

/// Names in the form of sops, and values.
pub fn values(sections: &[Section]) -> Vec<(String, String)> {
    let name = |section: &Section, key: &Key| {
        format!(
            "[{}][{}]",
            serde_json::Value::from(section.name.as_str()),
            serde_json::Value::from(key.name.as_str())
        )
    };
    sections.iter().flat_map(|s| s.keys.iter().map(move |k| (name(s, k), k.value.clone()))).collect()
}
