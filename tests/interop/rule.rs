//! The six selection rules, with expressions that two regex engines could read in two ways, and sealing by sops with
//! any of them.

use proptest::prelude::*;
use proptest::sample::select;

use crate::harness::{Project, RECIPIENT};

#[derive(Clone, Debug)]
pub struct Rule {
    /// As the metadata names it.
    pub field: &'static str,
    pub text: &'static str,
    pub mac_only_encrypted: bool,
}

const RULES: [(&str, &str); 20] = [
    ("unencrypted_suffix", "_unencrypted"),
    ("unencrypted_suffix", "_HOST"),
    ("encrypted_suffix", "_PASSWORD"),
    ("encrypted_suffix", "N"),
    ("unencrypted_regex", "^DB_"),
    ("unencrypted_regex", r"\d"),
    ("unencrypted_regex", "(?i)host"),
    ("unencrypted_regex", r"^\w+$"),
    ("unencrypted_regex", r"\b[ab]"),
    ("encrypted_regex", "^(TOKEN|DB_HOST|.*KEY)$"),
    ("encrypted_regex", "^.{4}$"),
    ("encrypted_regex", "^[^A]{2,5}$"),
    ("encrypted_regex", "(?i)[äö]"),
    ("encrypted_regex", r"^\W|[\s\D]$"),
    ("encrypted_regex", r"^[\w-]+$"),
    ("encrypted_regex", r"\p{Ll}"),
    ("unencrypted_comment_regex", "keep:"),
    ("unencrypted_comment_regex", "^$"),
    ("encrypted_comment_regex", "enc:"),
    ("encrypted_comment_regex", "[a-m]"),
];

pub fn rule() -> impl Strategy<Value = Rule> {
    (select(RULES.to_vec()), any::<bool>()).prop_map(|((field, text), mac_only_encrypted)| Rule {
        field,
        text,
        mac_only_encrypted,
    })
}

impl Rule {
    /// What sops takes when nothing is said.
    pub const USUAL: Rule =
        Rule { field: "unencrypted_suffix", text: "_unencrypted", mac_only_encrypted: false };

    pub fn reads_comments(&self) -> bool {
        self.field.contains("comment")
    }

    /// The flags of this program, and of the old form of sops.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = vec![format!("--{}", self.field.replace('_', "-")), self.text.to_owned()];
        if self.mac_only_encrypted {
            flags.push("--mac-only-encrypted".to_owned());
        }
        flags
    }

    /// Seals `plain` by sops into the file `name`. Comment rules have no flag there and come from a configuration.
    pub fn seal_by_sops(&self, project: &Project, plain: &[u8], name: &str) {
        project.write("plain.env", plain);
        let mut args: Vec<String> =
            ["-e", "--input-type", "dotenv", "--output-type", "dotenv"].map(str::to_owned).to_vec();
        if self.reads_comments() {
            let (field, text) = (self.field, self.text);
            let rule = format!(
                "creation_rules:\n  - age: {RECIPIENT}\n    {field}: '{text}'\n    mac_only_encrypted: {}\n",
                self.mac_only_encrypted
            );
            project.write(".sops.yaml", rule);
        } else {
            args.extend(["--age".to_owned(), RECIPIENT.to_owned()]);
            args.extend(self.flags());
        }
        args.push("plain.env".to_owned());
        let output = project.around("sops", &args).output().unwrap();
        assert!(output.status.success(), "sops: {}", String::from_utf8_lossy(&output.stderr));
        project.write(name, output.stdout);
        project.remove("plain.env");
        if self.reads_comments() {
            project.remove(".sops.yaml");
        }
    }
}
