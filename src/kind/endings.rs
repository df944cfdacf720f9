//! What all other files are for: by their folders, by their whole names, by what stands behind the last dot.

use super::{Kind, ending};

/// What a file is, if nothing else is known of it.
pub(super) fn of(base: &str, folders: &str) -> Kind {
    if is_made(base) || folders.split('/').any(is_foreign) {
        return Kind::Made;
    }
    if let Some(kind) = of_whole(base) {
        return kind;
    }
    let mut name = base.trim_end_matches('~');
    loop {
        match of_ending(ending(name)) {
            Some(kind) => return kind,
            // a copy or a template is what it was made of
            None if is_about(ending(name)) => name = &name[..name.len() - ending(name).len() - 1],
            None => return Kind::Other,
        }
    }
}

fn is_about(end: &str) -> bool {
    matches!(
        end,
        "bak"
            | "old"
            | "orig"
            | "save"
            | "in"
            | "dist"
            | "sample"
            | "example"
            | "template"
            | "tmpl"
            | "tpl"
            | "j2"
            | "jinja"
            | "jinja2"
            | "erb"
            | "mustache"
            | "hbs"
            | "ejs"
            | "gotmpl"
            | "default"
            | "disabled"
            | "rpmsave"
            | "rpmnew"
            | "backup"
            | "tmp"
            | "rej"
    )
}

/// By what stands behind the last dot.
pub(super) fn of_ending(end: &str) -> Option<Kind> {
    Some(match end {
        "yaml"
        | "yml"
        | "toml"
        | "ini"
        | "cfg"
        | "conf"
        | "cnf"
        | "config"
        | "properties"
        | "props"
        | "xml"
        | "json"
        | "json5"
        | "jsonc"
        | "jsonl"
        | "ndjson"
        | "hjson"
        | "sh"
        | "bash"
        | "zsh"
        | "fish"
        | "ksh"
        | "csh"
        | "tcsh"
        | "bats"
        | "command"
        | "bat"
        | "cmd"
        | "ps1"
        | "psm1"
        | "psd1"
        | "tfvars"
        | "tfstate"
        | "service"
        | "socket"
        | "timer"
        | "mount"
        | "container"
        | "pod"
        | "network"
        | "netdev"
        | "rules"
        | "plist"
        | "reg"
        | "desktop"
        | "dockerfile"
        | "containerfile"
        | "mk"
        | "mak"
        | "make"
        | "csproj"
        | "vbproj"
        | "fsproj"
        | "vcxproj"
        | "sln"
        | "nix"
        | "cue"
        | "dhall"
        | "ovpn"
        | "rdp"
        | "s3cfg"
        | "netrc"
        | "npmrc"
        | "pypirc"
        | "pgpass"
        | "env_file"
        | "http"
        | "rest"
        | "har"
        | "postman_collection"
        | "postman_environment"
        | "webmanifest"
        | "theme"
        | "inf"
        | "prefs"
        | "nomad"
        | "sub"
        | "xsd"
        | "wsdl"
        | "xsl"
        | "xslt"
        | "cmake"
        | "ninja"
        | "gn"
        | "gni"
        | "bzl"
        | "bazel"
        | "pc"
        | "kdl"
        | "ron" => Kind::Config,
        "c" | "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" | "ipp" | "inl" | "tcc" | "ino" | "m"
        | "mm" | "cs" | "fs" | "fsx" | "vb" | "vbs" | "bas" | "go" | "rs" | "py" | "pyi" | "pyx" | "pyw"
        | "rb" | "rake" | "gemspec" | "php" | "phtml" | "php5" | "inc" | "pl" | "pm" | "t" | "js" | "mjs"
        | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "vue" | "svelte" | "astro" | "coffee" | "java"
        | "kt" | "kts" | "scala" | "sc" | "sbt" | "groovy" | "gradle" | "clj" | "cljs" | "cljc" | "edn"
        | "swift" | "dart" | "lua" | "r" | "jl" | "hs" | "lhs" | "ml" | "mli" | "elm" | "erl" | "hrl"
        | "ex" | "exs" | "zig" | "nim" | "cr" | "d" | "v" | "sv" | "vhd" | "asm" | "s" | "f" | "f90"
        | "pas" | "dpr" | "ada" | "adb" | "lisp" | "el" | "scm" | "rkt" | "tcl" | "awk" | "sql" | "psql"
        | "plsql" | "cql" | "graphql" | "gql" | "proto" | "thrift" | "avsc" | "tf" | "hcl" | "html"
        | "htm" | "xhtml" | "css" | "scss" | "sass" | "less" | "styl" | "jsp" | "asp" | "aspx" | "cshtml"
        | "razor" | "twig" | "liquid" | "haml" | "slim" | "pug" | "jade" | "sol" | "vim" | "applescript"
        | "ahk" | "au3" | "gd" | "cu" | "cl" | "glsl" | "wgsl" | "rego" | "bicep" | "pp" | "ipynb"
        | "rmd" | "qmd" | "cfm" | "hx" | "as" | "abap" | "cob" | "cbl" | "apex" | "cls" => Kind::Source,
        "md" | "mdx" | "markdown" | "mkd" | "rst" | "adoc" | "asciidoc" | "asc" | "textile" | "org"
        | "pod6" | "tex" | "latex" | "bib" | "texi" | "texinfo" | "rtf" | "man" | "1" | "3" | "5" | "7"
        | "8" | "me" | "ms" | "wiki" | "mediawiki" | "creole" | "po" | "pot" | "srt" | "vtt" | "eml" => {
            Kind::Doc
        }
        "lock" | "map" | "snap" | "svg" | "sum" | "sha1" | "sha256" | "sha512" | "md5" | "lockb"
        | "resolved" | "pyc" | "class" | "wasm" | "tsbuildinfo" | "eslintcache" => Kind::Made,
        _ => return None,
    })
}

fn of_whole(base: &str) -> Option<Kind> {
    let stem = base.split('.').next().unwrap_or_default();
    let is_prose = matches!(
        stem,
        "readme"
            | "license"
            | "licence"
            | "copying"
            | "changelog"
            | "changes"
            | "contributing"
            | "authors"
            | "notice"
            | "news"
            | "install"
            | "todo"
            | "history"
            | "security"
            | "code_of_conduct"
            | "copyright"
            | "contributors"
            | "maintainers"
            | "credits"
            | "thanks"
            | "faq"
            | "release-notes"
            | "third-party-notices"
            | "thirdpartynotices"
            | "unlicense"
            | "patents"
    );
    let rest = &base[stem.len()..];
    if is_prose
        && !stem.is_empty()
        && matches!(rest, "" | ".txt" | ".md" | ".rst" | ".html" | ".adoc" | ".mit" | ".apache")
    {
        return Some(Kind::Doc);
    }
    Some(match base {
        "dockerfile" | "containerfile" | "makefile" | "gnumakefile" | "procfile" | "caddyfile"
        | "credentials" | "config" | "kubeconfig" | "sshd_config" | "ssh_config" | "known_hosts"
        | "authorized_keys" | "hosts" | ".npmrc" | ".yarnrc" | ".pypirc" | ".netrc" | "_netrc"
        | ".pgpass" | ".my.cnf" | ".htpasswd" | ".htaccess" | ".envrc" | ".bashrc" | ".bash_profile"
        | ".profile" | ".zshrc" | ".zshenv" | ".zprofile" | ".gitconfig" | ".git-credentials"
        | ".dockercfg" | ".dockerconfigjson" | ".s3cfg" | ".boto" | ".curlrc" | ".wgetrc" | ".babelrc"
        | ".eslintrc" | ".prettierrc" | ".editorconfig" | ".gemrc" | ".condarc" | ".bazelrc" | ".inputrc"
        | ".tmux.conf" | ".muttrc" | ".fetchmailrc" | ".msmtprc" | ".vault-token" | "pip.conf"
        | "justfile" | ".justfile" | "tiltfile" | "cmakelists.txt" | "crontab" => Kind::Config,
        "jenkinsfile" | "vagrantfile" | "gemfile" | "rakefile" | "podfile" | "fastfile" | "appfile"
        | "brewfile" | "guardfile" | "berksfile" | "capfile" | "dangerfile" | "build" | "workspace"
        | "sconstruct" | "sconscript" | "wscript" => Kind::Source,
        _ if base.starts_with("dockerfile.") || base.starts_with("makefile.") => Kind::Config,
        _ => return None,
    })
}

/// What programs write, told by its own name.
fn is_made(base: &str) -> bool {
    let whole = matches!(
        base,
        "package-lock.json"
            | "npm-shrinkwrap.json"
            | "pnpm-lock.yaml"
            | "pnpm-lock.yml"
            | "conda-lock.yml"
            | "conda-lock.yaml"
            | "packages.lock.json"
            | "project.assets.json"
            | "gradle.lockfile"
            | "buildscript-gradle.lockfile"
            | "cabal.project.freeze"
            | "go.sum"
            | "go.work.sum"
            | "lockfile"
            | ".pnp.cjs"
            | ".pnp.js"
            | ".pnp.loader.mjs"
            | "package.resolved"
            | "cartfile.resolved"
            | "sha256sums"
            | "sha512sums"
            | "sha1sums"
            | "md5sums"
            | "checksums.txt"
            | "checksums.sha256"
            | "sha256sums.txt"
            | "sha512sums.txt"
            | "checksum.txt"
            | ".cargo-checksum.json"
            | ".cargo_vcs_info.json"
            | "record"
            | "verification-metadata.xml"
            | "dependency-lock.json"
            | "bun.lock"
            | "deno.lock"
            | "tags"
            | "cspell.json"
            | ".terraform.lock.hcl"
            | "module.bazel.lock"
            | "yarn.lock"
            | "shrinkwrap.yaml"
            | "mvnw"
            | "gradlew"
            | "jsr.lock"
            | "composer.lock"
    );
    whole
        || [
            ".min.js",
            ".min.css",
            ".min.mjs",
            ".bundle.js",
            ".chunk.js",
            ".chunk.css",
            "-min.js",
            ".pb.go",
            ".pb.cc",
            ".pb.h",
            ".pb.rb",
            ".pb.swift",
            "_pb2.py",
            "_pb2.pyi",
            "_pb2_grpc.py",
            "_pb.js",
            "_pb.d.ts",
            "_pb.rb",
            "_pb.ts",
            "_grpc_pb.js",
            ".pb.gw.go",
            ".pb.validate.go",
            ".g.dart",
            ".freezed.dart",
            ".designer.cs",
            ".g.cs",
            ".gen.go",
            "_gen.go",
            "-lock.json",
            "_string.go",
            ".lock.yaml",
            ".lock.yml",
            ".lock.json",
            ".deps.json",
            ".requirements.lock",
        ]
        .iter()
        .any(|end| base.ends_with(end))
        || base.contains(".generated.")
        || base.contains("_generated.")
        || base.starts_with("zz_generated")
        || base.contains(".openapi.") && base.ends_with(".lock")
}

/// Folders of what others wrote or programs made.
fn is_foreign(folder: &str) -> bool {
    matches!(
        folder,
        "node_modules"
            | "vendor"
            | "vendored"
            | "third_party"
            | "third-party"
            | "thirdparty"
            | "3rdparty"
            | "bower_components"
            | "jspm_packages"
            | "web_modules"
            | "site-packages"
            | "dist-packages"
            | ".venv"
            | "pods"
            | "carthage"
            | ".terraform"
            | "__pycache__"
            | ".tox"
            | ".nox"
            | ".yarn"
            | ".next"
            | ".nuxt"
            | ".svelte-kit"
            | ".gradle"
            | ".eggs"
            | "elm-stuff"
            | "deriveddata"
            | "_esy"
            | "godeps"
            | "__snapshots__"
            | ".dart_tool"
            | ".pub-cache"
            | ".parcel-cache"
            | ".turbo"
            | ".mypy_cache"
            | ".ipynb_checkpoints"
    )
}
