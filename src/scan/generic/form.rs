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
        let ending = base.rsplit_once('.').map_or("", |(_, ending)| ending);
        match ending {
            "yaml" | "yml" | "sls" | "eyaml" | "raml" => Form::Yaml,
            "json" | "jsonc" | "json5" | "tfstate" | "ipynb" | "tfvars.json" | "webmanifest" | "har"
            | "postman_collection" => Form::Json,
            "xml" | "html" | "htm" | "xhtml" | "config" | "csproj" | "plist" | "svg" | "jsp" | "xaml"
            | "resx" | "pom" | "wsdl" | "vue" => Form::Markup,
            "ini" | "properties" | "cfg" | "conf" | "cnf" | "toml" | "tf" | "tfvars" | "hcl" | "env"
            | "prefs" | "service" | "desktop" | "nomad" | "editorconfig" | "npmrc" | "pypirc" | "netrc"
            | "s3cfg" | "boto" | "credentials" | "gitconfig" | "cf" | "reg" | "ovpn" | "rdp" | "dsn"
            | "pgpass" | "envrc" | "container" | "network" => Form::Lines,
            "sh" | "bash" | "zsh" | "fish" | "ksh" | "bat" | "cmd" | "ps1" | "psm1" | "dockerfile" | "mk"
            | "history" | "bash_history" | "zsh_history" | "profile" | "bashrc" | "zshrc"
            | "bash_profile" | "command" | "just" => Form::Shell,
            "py" | "rb" | "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "mts" | "java" | "kt" | "kts"
            | "groovy" | "gradle" | "scala" | "go" | "rs" | "c" | "h" | "cc" | "cpp" | "cxx" | "hpp"
            | "hh" | "m" | "mm" | "cs" | "vb" | "fs" | "php" | "pl" | "pm" | "lua" | "dart" | "swift"
            | "ex" | "exs" | "erl" | "hrl" | "clj" | "hs" | "ml" | "r" | "jl" | "sql" | "pyi" | "tcl"
            | "nix" | "zig" | "svelte" | "twig" | "erb" | "phtml" | "inc" | "cr" | "nim" | "sol"
            | "proto" | "graphql" | "css" | "scss" | "less" | "el" | "lisp" | "vim" | "awk" | "bicep"
            | "rego" | "cue" | "jsonnet" | "libsonnet" | "robot" | "feature" | "coffee" => Form::Code,
            _ => Form::by_base(&base, name.kind),
        }
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
        match kind {
            Kind::Env | Kind::Leftover | Kind::Template | Kind::Config => Form::Lines,
            Kind::Source => Form::Code,
            _ if base.ends_with("_history") => Form::Shell,
            _ => Form::Prose,
        }
    }

    /// Whether values may stand without quotes.
    pub(super) fn is_bare(self) -> bool {
        !matches!(self, Form::Code | Form::Json | Form::Skip)
    }

    /// Whether values are settings, so that even a poor password is one.
    pub(super) fn is_config(self) -> bool {
        matches!(self, Form::Yaml | Form::Json | Form::Lines | Form::Markup | Form::Shell)
    }
}
