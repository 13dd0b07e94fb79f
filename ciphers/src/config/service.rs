//! The servers of a configuration, with the settings that hold for each.

use std::path::Path;

use pyssl::TlsVersion;

use super::programs::Program;
use super::setting::{Located, Setting, SettingKind};
use super::statement::{Block, Statement};
use super::value::{self, Versions};

/// A server, a client or another part of a configuration that has settings of its own or uses TLS.
///
/// A server without settings for TLS is listed beside others that have some: the defaults of the
/// program hold for it.
#[derive(Debug, Clone)]
pub struct Service {
    pub(super) name: Box<str>,
    pub(super) settings: Vec<Setting>,
}

impl Service {
    /// The kind of block and the names of the server: `"server www.example.com"`; empty for a file
    /// without blocks.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings that hold for the service, also those of the blocks around it.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The settings of one kind.
    pub fn of_kind(&self, kind: SettingKind) -> impl Iterator<Item = &Setting> {
        self.settings
            .iter()
            .filter(move |setting| setting.kind == kind)
    }

    /// The versions of the protocol that are on, oldest first; none if no setting states versions.
    ///
    /// If a setting only takes versions away, TLS 1.0 to 1.3 are the versions to begin with. If the
    /// lowest version is the program's default, TLS 1.2 is taken for it, and
    /// [`is_open`](Self::is_open) holds for the versions.
    pub fn versions(&self) -> Option<Vec<TlsVersion>> {
        self.known_versions().map(|versions| versions.on)
    }

    fn known_versions(&self) -> Option<Versions> {
        value::versions(self.settings.iter().flat_map(|setting| &setting.rules))
    }

    /// Whether the file does not tell which value of this kind holds: a default of the program
    /// decides.
    pub fn is_open(&self, kind: SettingKind) -> bool {
        let versions = || self.known_versions().is_some_and(|known| known.is_open);
        kind == SettingKind::Versions && versions()
    }

    /// The groups of the key exchange, as the file writes them; none if no setting names groups.
    pub fn groups(&self) -> Option<Vec<&str>> {
        let setting = self.of_kind(SettingKind::Groups).last()?;
        Some(setting.value().split(':').collect())
    }

    /// The signature schemes of the handshake, as the file writes them; none if no setting names any.
    pub fn signatures(&self) -> Option<Vec<&str>> {
        let setting = self.of_kind(SettingKind::Signatures).last()?;
        Some(setting.value().split(':').collect())
    }

    /// Whether the server's order of suites decides; none if no setting states it.
    pub fn prefers_server(&self) -> Option<bool> {
        self.settings
            .iter()
            .rev()
            .find_map(|setting| setting.preference)
    }

    /// The size of the Diffie-Hellman parameters, if the file states it.
    pub fn dh_bits(&self) -> Option<u32> {
        self.of_kind(SettingKind::DhParams)
            .filter_map(Setting::bits)
            .last()
    }

    /// The file with Diffie-Hellman parameters that the settings name.
    pub fn dh_file(&self) -> Option<&Path> {
        let files = self
            .of_kind(SettingKind::DhParams)
            .filter(|s| s.bits().is_none());
        files.last().map(|setting| Path::new(setting.value()))
    }
}

/// The settings that stand in the same blocks and are for the same side (client or server).
struct Scope {
    path: Vec<Block>,
    side: Box<str>,
    own: Vec<Setting>,
    /// Whether a directive shows that the block uses TLS.
    uses_tls: bool,
}

impl Scope {
    fn ids(&self) -> Vec<usize> {
        self.path.iter().map(|block| block.id).collect()
    }
}

pub(super) fn services(
    program: &Program,
    located: Vec<Located>,
    statements: &[Statement],
) -> Vec<Service> {
    let mut scopes: Vec<Scope> = Vec::new();
    for Located {
        side,
        mut path,
        setting,
    } in located
    {
        path.retain(|block| !program.is_transparent(&block.kind));
        let ids: Vec<_> = path.iter().map(|block| block.id).collect();
        match scopes
            .iter_mut()
            .find(|scope| scope.side == side && scope.ids() == ids)
        {
            Some(scope) => {
                scope.uses_tls |= setting.is_none();
                scope.own.extend(setting);
            }
            None => scopes.push(Scope {
                path,
                side,
                uses_tls: setting.is_none(),
                own: setting.into_iter().collect(),
            }),
        }
    }
    let is_tree = matches!(&*program.dialect, "yaml" | "toml" | "xml");
    let all: Vec<_> = (0..scopes.len())
        .map(|at| effective(program, &scopes, at))
        .collect();
    let mut services = Vec::new();
    for (scope, settings) in scopes.iter().zip(all) {
        let has_list = scope.own.iter().any(|setting| is_list(setting.kind));
        let ids = scope.ids();
        let inner = |other: &&Scope| {
            let within = other.ids().len() > ids.len() && other.ids().starts_with(&ids);
            let side = program.sides && scope.side.is_empty() && !other.side.is_empty();
            within && other.side == scope.side || side && other.ids() == ids
        };
        // In a tree, the settings of an element that uses TLS may be in an inner element.
        let is_server =
            scope.uses_tls && (!is_tree || !scope.own.is_empty()) || program.main && ids.is_empty();
        if has_list || is_server || !scopes.iter().any(|other| inner(&other)) {
            let name = name(program, scope, statements).into();
            services.push(Service { name, settings });
        }
    }
    // A file in which nothing is set has no services.
    if services.iter().all(|service| service.settings.is_empty()) {
        services.clear();
    }
    services
}

fn is_list(kind: SettingKind) -> bool {
    use SettingKind as Kind;
    matches!(
        kind,
        Kind::Ciphers | Kind::Suites | Kind::Ciphersuites | Kind::Excluded
    )
}

/// The settings of a scope, with those that it inherits and does not replace.
fn effective(program: &Program, scopes: &[Scope], at: usize) -> Vec<Setting> {
    let Some(scope) = scopes.get(at) else {
        return Vec::new();
    };
    let ids = scope.ids();
    let mut outer: Vec<&Scope> = scopes
        .iter()
        .filter(|other| {
            let above =
                program.inherit && other.ids().len() < ids.len() && ids.starts_with(&other.ids());
            let same = other.ids() == ids;
            let side = program.sides && same && other.side.is_empty() && !scope.side.is_empty();
            above && other.side == scope.side || side
        })
        .collect();
    outer.sort_by_key(|other| std::cmp::Reverse(other.path.len()));
    let mut settings = scope.own.clone();
    for other in outer {
        let missing = |setting: &&Setting| !settings.iter().any(|own| own.kind == setting.kind);
        let merges = |setting: &&Setting| {
            missing(setting) || program.merge && setting.kind == SettingKind::Versions
        };
        let inherited: Vec<_> = other.own.iter().filter(merges).cloned().collect();
        settings.splice(0..0, inherited);
    }
    settings
}

/// The value of the directive `label` in a block. The label `metadata.name` stands for the
/// directive `name` in an inner block `metadata`.
fn labelled(label: &str, block: &Block, statements: &[Statement]) -> Option<String> {
    let (inner, name) = match label.split_once('.') {
        Some((inner, name)) => (Some(inner), name),
        None => (None, label),
    };
    let is = |statement: &&Statement| {
        let mut path = statement.path.iter().rev();
        let within = match inner {
            Some(inner) => path.next().is_some_and(|last| last.kind == inner),
            None => true,
        };
        within
            && path.next().is_some_and(|last| last.id == block.id)
            && statement.folded_name == name
    };
    let statement = statements.iter().find(is)?;
    let words: Vec<_> = statement
        .values
        .iter()
        .take(2)
        .map(|word| word.text())
        .collect();
    Some(words.join(" "))
}

/// The name of a service: the kind and the arguments of the innermost block, the value of the
/// directive that names it, and the side.
fn name(program: &Program, scope: &Scope, statements: &[Statement]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let named = scope.path.iter().rev().find(|block| !block.kind.is_empty());
    if let Some(block) = named {
        parts.push(block.kind.trim_start_matches('$').to_owned());
        if !block.arguments.is_empty() {
            parts.push(block.arguments.clone());
        }
    }
    // The directive that names the service may stand in a block around the innermost one.
    let labelled = scope.path.iter().rev().find_map(|block| {
        let label = program
            .labels
            .iter()
            .find_map(|label| labelled(label, block, statements))?;
        Some((block, label))
    });
    if let Some((block, label)) = labelled {
        if named.is_some_and(|named| named.id != block.id) && !block.kind.is_empty() {
            parts.push(format!("of {}", block.kind));
        }
        parts.push(label);
    }
    if !scope.side.is_empty() {
        parts.push(format!("({})", scope.side));
    }
    let name: String = parts
        .join(" ")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    name.chars().take(120).collect()
}
