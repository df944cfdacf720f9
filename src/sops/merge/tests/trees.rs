//! What is so in trees only: maps and lists that come, go and change their kind, and the layout of YAML.

use super::Bench;
use crate::sops::Format;
use crate::sops::merge::Side;

#[test]
fn trees_merge_value_by_value_and_lists_of_another_length_whole() {
    let bench = Bench::new();
    for (base, ours, theirs, want) in [
        (
            r#"{"l":["a","b"],"z":1}"#,
            r#"{"l":["x","b"],"z":2}"#,
            r#"{"l":["a","y"],"z":1}"#,
            Ok(r#"{"l":["x","y"],"z":2}"#),
        ),
        (
            r#"{"l":["a"],"z":1}"#,
            r#"{"l":["a"],"z":2}"#,
            r#"{"l":["a","b"],"z":1}"#,
            Ok(r#"{"l":["a","b"],"z":2}"#),
        ),
        (r#"{"l":["a"],"z":1}"#, r#"{"l":["x"],"z":1}"#, r#"{"l":["a","b"],"z":1}"#, Err("l")),
        (
            r#"{"l":["a"],"z":1}"#,
            r#"{"l":["a","b"],"z":1}"#,
            r#"{"l":["a","b"],"z":2}"#,
            Ok(r#"{"l":["a","b"],"z":2}"#),
        ),
        (r#"{"l":["a"],"z":1}"#, r#"{"l":["a"],"z":2}"#, r#"{"z":1}"#, Ok(r#"{"z":2}"#)),
        (
            r#"{"z":1}"#,
            r#"{"z":2}"#,
            r#"{"z":1,"l":[{"k":"a"},{"k":true}]}"#,
            Ok(r#"{"z":2,"l":[{"k":"a"},{"k":true}]}"#),
        ),
        (
            r#"{"a":"1","z":1}"#,
            r#"{"a":"1","z":2}"#,
            r#"{"a":{"b":"1"},"z":1}"#,
            Ok(r#"{"a":{"b":"1"},"z":2}"#),
        ),
        (
            r#"{"a":{"b":"1"},"z":1}"#,
            r#"{"a":{"b":"1"},"z":2}"#,
            r#"{"a":"1","z":1}"#,
            Ok(r#"{"a":"1","z":2}"#),
        ),
        (
            r#"{"a":{"b":"1"},"z":1}"#,
            r#"{"a":{"b":"1","d":"1"},"z":1}"#,
            r#"{"a":{"c":"1"},"z":1}"#,
            Ok(r#"{"a":{"c":"1","d":"1"},"z":1}"#),
        ),
        (
            r#"{"a":{"b":"1"},"k":1,"z":1}"#,
            r#"{"a":{"b":"1"},"k":1,"z":2}"#,
            r#"{"a":{},"k":1,"z":null}"#,
            Err("z"),
        ),
        (
            r#"{"a":{"b":"1"},"k":1,"z":1}"#,
            r#"{"a":{"b":"1"},"k":1,"y":2,"z":1}"#,
            r#"{"a":{},"k":1,"z":null}"#,
            Ok(r#"{"a":{},"k":1,"y":2,"z":null}"#),
        ),
        (
            r#"{"a":{"b":"1"},"z":1}"#,
            r#"{"a":{"b":"1"},"z":2}"#,
            r#"{"a":["1",{"b":"2"}],"z":1}"#,
            Ok(r#"{"a":["1",{"b":"2"}],"z":2}"#),
        ),
        (
            r#"{"a":["1",{"b":"2"}],"z":1}"#,
            r#"{"a":["1",{"b":"2"}],"z":2}"#,
            r#"{"a":{"b":"1"},"z":1}"#,
            Ok(r#"{"a":{"b":"1"},"z":2}"#),
        ),
        // what ours took away with its map does not come back with what theirs added in it
        (
            r#"{"m":{"s":{"u":"1"},"x":"2"},"z":1}"#,
            r#"{"z":1}"#,
            r#"{"m":{"s":{"u":"1"},"x":"2","w":"3"},"z":1}"#,
            Ok(r#"{"m":{"w":"3"},"z":1}"#),
        ),
        (
            r#"{"m":{"s":{"u":"1"},"x":"2"},"z":1}"#,
            r#"{"z":1}"#,
            r#"{"m":{"s":{"u":"1","w":"3"},"x":"2"},"z":1}"#,
            Ok(r#"{"m":{"s":{"w":"3"}},"z":1}"#),
        ),
        (r#"{"n":1.5,"z":"1"}"#, r#"{"n":1.5,"z":"1"}"#, r#"{"n":"1.5","z":1}"#, Ok(r#"{"n":"1.5","z":1}"#)),
    ] {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let sealed = bench.seal(Format::Json, base);
        let our_file = bench.edit(&sealed, ours, "2026-11-20T00:00:01Z");
        // some with a data key of their own
        let their_file = match theirs.contains("{}") {
            true => bench.seal(Format::Json, theirs),
            false => bench.edit(&sealed, theirs, "2026-11-20T00:00:01Z"),
        };
        let versions = [&*sealed, &*our_file, &*their_file];
        let merged = bench.merge(versions, &|_| None).unwrap_or_else(|e| panic!("{base} {theirs}: {e}"));
        match want {
            Ok(want) => {
                assert!(merged.conflicts.is_empty(), "{base} {ours} {theirs}: {:?}", merged.conflicts);
                let plain = bench.open(&merged.file).plain().unwrap();
                assert_eq!(value(plain.expose_str().unwrap()), value(want), "{base} {ours} {theirs}");
            }
            Err(name) => {
                assert_eq!(merged.conflicts, [name]);
                let merged = bench.merge(versions, &|_| Some(Side::Theirs)).unwrap();
                let plain = bench.open(&merged.file).plain().unwrap();
                let said = value(plain.expose_str().unwrap());
                assert_eq!(said[name], value(theirs)[name]);
            }
        }
    }
}

#[test]
fn yaml_stays_laid_out_as_its_hands_laid_it_out() {
    const BASE: &str = "# head\na: x\nm:\n    # of x\n    x: one\n    y: two\nl:\n    - p\nz: end\n";
    const MAP: &str = "m:\n    # of x\n    x: one\n    y: two\n";
    const LIST: &str = "l:\n    - p\n";
    let bench = Bench::new();
    let base = |from: &str, to: &str| BASE.replace(from, to);
    let more = base("    y: two\n", "    y: two\n    # of w\n    # and more\n    w: new\n");
    let gone = base(MAP, "");
    for (ours, theirs, want) in [
        (&base("a: x", "a: b"), &more, &more.replace("a: x", "a: b")),
        (
            &base("z: end", "z: last"),
            &base("    y: two\n", "    y: two # of y\n    w: new # of w\n"),
            &base("    y: two\n", "    y: two # of y\n    w: new # of w\n").replace("end", "last"),
        ),
        (&gone, &more, &base(MAP, "m:\n    # of w\n    # and more\n    w: new\n")),
        (&more, &gone, &base(MAP, "m:\n    # of w\n    # and more\n    w: new\n")),
        (
            &base("    # of x\n    x: one\n", ""),
            &base("    # of x\n", ""),
            &base("    # of x\n    x: one\n", ""),
        ),
        (
            &base("    y: two\n", ""),
            &base("    # of x\n", ""),
            &base("    # of x\n    x: one\n    y: two\n", "    x: one\n"),
        ),
        (
            &base("    # of x\n", ""),
            &base("# head\n", "# head\n# second\n"),
            &base("    # of x\n", "").replace("# head\n", "# head\n# second\n"),
        ),
        (
            &base("- p\n", "- p\n    - q\n"),
            &base("z: end\n", "z: end\nn:\n    - 1\n    - k: v\n"),
            &base("- p\nz: end\n", "- p\n    - q\nz: end\nn:\n    - 1\n    - k: v\n"),
        ),
        (&base(LIST, ""), &base("z: end", "z: last"), &base(LIST, "").replace("end", "last")),
        (&base("z: end", "z: last"), &base(LIST, ""), &base(LIST, "").replace("end", "last")),
        (
            &base("z: end\n", "z: end\nk:\n    o: 1\n"),
            &base("z: end\n", "z: end\nk:\n    t: true\n"),
            &base("z: end\n", "z: end\nk:\n    o: 1\n    t: true\n"),
        ),
    ] {
        let sealed = bench.seal(Format::Yaml, BASE);
        let [our_file, their_file] =
            [ours, theirs].map(|text| bench.edit(&sealed, text, "2026-11-20T00:00:01Z"));
        let merged = bench.merge([&sealed, &our_file, &their_file], &|_| None).unwrap();
        assert!(merged.conflicts.is_empty() && merged.notes.is_empty(), "{ours} {theirs} {:?}", merged.notes);
        let plain = bench.open(&merged.file).plain().unwrap();
        assert_eq!(plain.expose_str().unwrap(), want, "{ours}\nand\n{theirs}");
    }
}
