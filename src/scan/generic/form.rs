//! How values are written in a file: with quotes or without, up to where.

use crate::scan::kind::{Kind, Name};

/// How values are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A programming language: in quotes.
    Code,
    /// YAML: without quotes up to the end of the line.
    Yaml,
    /// JSON: in quotes, names too.
    Json,
    /// XML and HTML: as attributes and elements.
    Markup,
    /// `name = value` up to the end of the line: INI, properties, env files, TOML, HCL.
    Lines,
    /// Shell, Dockerfiles, Makefiles: up to a blank.
    Shell,
    /// Prose, and whatever is not known: up to a blank, and only if it is surely one.
    Prose,
    /// Nothing is looked for.
    Skip,
}

impl Form {
    pub(super) fn of(name: &Name) -> Self {
        if name.kind == Kind::Made || name.kind == Kind::Sealed {
            return Form::Skip;
        }
        let base = name.base();
        if matches!(name.kind, Kind::Env | Kind::Leftover | Kind::Template)
            && !base.contains(".y")
            && !base.contains(".json")
        {
            return Form::Lines;
        }
        let folder = name.folder();
        if folder.ends_with(b"cron.d") || folder.ends_with(b"crontabs") {
            return Form::Shell;
        }
        Form::by_ending(&base, name.kind)
    }

    fn by_ending(base: &str, kind: Kind) -> Self {
        // what a template or a copy is of
        const COPIES: [&str; 24] = [
            "j2",
            "jinja",
            "jinja2",
            "tpl",
            "tmpl",
            "template",
            "dist",
            "example",
            "sample",
            "bak",
            "backup",
            "orig",
            "old",
            "save",
            "tmp",
            "default",
            "in",
            "local",
            "dev",
            "prod",
            "development",
            "production",
            "staging",
            "disabled",
        ];
        let base = base.trim_end_matches('~');
        let (stem, ending) = base.rsplit_once('.').unwrap_or((base, ""));
        if COPIES.contains(&ending) && !stem.is_empty() {
            return Form::by_ending(stem, kind);
        }
        match ending {
            "yaml" | "yml" | "sls" | "eyaml" | "raml" | "asset" | "unity" | "prefab" => Form::Yaml,
            "json" | "jsonc" | "json5" | "tfstate" | "ipynb" | "tfvars.json" | "webmanifest" | "har"
            | "postman_collection" => Form::Json,
            "xml" | "html" | "htm" | "xhtml" | "config" | "csproj" | "plist" | "svg" | "jsp" | "xaml"
            | "resx" | "pom" | "wsdl" | "vue" => Form::Markup,
            "ini" | "properties" | "cfg" | "conf" | "cnf" | "toml" | "tf" | "tfvars" | "hcl" | "env"
            | "prefs" | "service" | "desktop" | "nomad" | "editorconfig" | "npmrc" | "pypirc" | "netrc"
            | "s3cfg" | "boto" | "credentials" | "gitconfig" | "cf" | "reg" | "ovpn" | "rdp" | "dsn"
            | "cred" | "creds" | "users" | "secrets" | "xcconfig" | "repo" | "cfg.in" | "pgpass"
            | "envrc" | "container" | "network" => Form::Lines,
            "sh" | "bash" | "zsh" | "fish" | "ksh" | "bat" | "cmd" | "ps1" | "psm1" | "dockerfile" | "mk"
            | "history" | "bash_history" | "zsh_history" | "profile" | "bashrc" | "zshrc"
            | "bash_profile" | "command" | "just" => Form::Shell,
            "py" | "rb" | "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "mts" | "java" | "kt" | "kts"
            | "groovy" | "gradle" | "scala" | "go" | "rs" | "c" | "h" | "cc" | "cpp" | "cxx" | "hpp"
            | "hh" | "m" | "mm" | "cs" | "vb" | "fs" | "php" | "pl" | "pm" | "lua" | "dart" | "swift"
            | "ex" | "exs" | "erl" | "hrl" | "clj" | "hs" | "ml" | "r" | "jl" | "sql" | "pyi" | "tcl"
            | "nix" | "zig" | "svelte" | "twig" | "erb" | "phtml" | "inc" | "cr" | "nim" | "sol"
            | "proto" | "graphql" | "css" | "scss" | "less" | "el" | "lisp" | "vim" | "awk" | "bicep"
            | "rego" | "cue" | "jsonnet" | "libsonnet" | "robot" | "feature" | "coffee" | "bas" | "cls"
            | "frm" | "vba" | "vbs" | "pas" | "dpr" | "exp" | "elm" | "ino" | "pde" | "sbt" | "sc"
            | "edn" | "cljs" | "cljc" | "fsx" | "asp" | "aspx" | "cshtml" | "razor" | "gd" | "d" | "rkt"
            | "scm" | "cu" | "prisma" | "gql" | "astro" | "purs" | "raku" | "vala" | "applescript"
            | "ahk" | "au3" | "sas" | "cob" | "cbl" | "f90" | "abap" | "hx" | "psql" | "ddl" => Form::Code,
            _ => Form::by_base(base, kind),
        }
    }

    /// What the first line says of a program without an ending.
    pub(super) fn with(self, bytes: &[u8]) -> Self {
        // terms of Erlang have the ending of XML
        if self == Form::Markup
            && matches!(bytes, [b'[', ..] | [b'%', b'%' | b' ', ..] | [b'{', b'a'..=b'z', ..])
        {
            return Form::Code;
        }
        if !matches!(self, Form::Lines | Form::Prose) || !bytes.starts_with(b"#!") {
            return self;
        }
        let first = &bytes[..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())];
        if first.trim_ascii_end().ends_with(b"sh") { Form::Shell } else { Form::Code }
    }

    fn by_base(base: &str, kind: Kind) -> Self {
        let starts = |heads: &[&str]| heads.iter().any(|head| base.starts_with(head));
        if starts(&[
            "dockerfile",
            "containerfile",
            "makefile",
            "gnumakefile",
            "justfile",
            ".bash",
            ".zsh",
            ".profile",
            ".envrc",
            ".history",
            "jenkinsfile.sh",
        ]) {
            return Form::Shell;
        }
        if starts(&[
            "jenkinsfile",
            "vagrantfile",
            "rakefile",
            "gemfile",
            "fastfile",
            "podfile",
            "build.gradle",
            "sconstruct",
            "brewfile",
        ]) {
            return Form::Code;
        }
        if starts(&[
            ".env",
            ".npmrc",
            ".pypirc",
            ".netrc",
            "_netrc",
            ".pgpass",
            ".my.cnf",
            ".s3cfg",
            ".boto",
            "credentials",
            ".yarnrc",
            ".gitconfig",
            "pip.conf",
            ".htpasswd",
        ]) {
            return Form::Lines;
        }
        const READ: [&str; 12] = [
            "readme",
            "license",
            "licence",
            "copying",
            "changelog",
            "changes",
            "authors",
            "notice",
            "install",
            "contributing",
            "news",
            "copyright",
        ];
        if starts(&["crontab"]) {
            return Form::Shell;
        }
        match kind {
            Kind::Doc => Form::Prose,
            // settings of programs: `msmtprc`, `config`
            _ if !base.is_empty()
                && !base[1..].contains('.')
                && !starts(&READ)
                && !base.ends_with("_history") =>
            {
                Form::Lines
            }
            Kind::Env | Kind::Leftover | Kind::Template | Kind::Config => Form::Lines,
            Kind::Source => Form::Code,
            _ if base.ends_with("_history") => Form::Shell,
            _ => Form::Prose,
        }
    }

    /// Whether values may stand without quotes.
    pub(super) fn is_bare(self) -> bool {
        !matches!(self, Form::Code | Form::Json | Form::Markup | Form::Skip)
    }

    /// Whether values are settings, so that even a poor password is one.
    pub(super) fn is_config(self) -> bool {
        matches!(self, Form::Yaml | Form::Json | Form::Lines | Form::Markup | Form::Shell)
    }
}
