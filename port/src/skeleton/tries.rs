//! `try`: its lines become a closure, or one call, and its clauses the arms of a `match`.

use super::Function;
use super::names::binding_of;
use super::parts::{Branch, Jump, Kind};
use crate::names::Statement;
use crate::pieces::{alias, arm, family};
use crate::syntax::{FIELDS, children};
use crate::tree::Node;
use crate::words::{one_line, quoted};

/// Exceptions that are the base classes of those of TLS.
const BASES: [&str; 7] = [
    "OSError",
    "IOError",
    "EnvironmentError",
    "socket.error",
    "Exception",
    "BaseException",
    "(Exception)",
];

/// The lines of a `try`.
struct Tried<'t> {
    branch: Branch,
    /// The statement at its end that leaves the block, which follows when all went well.
    tail: Option<Jump>,
    /// The names that are used afterwards: the name in Rust and Python, the type, and whether it is `mut`.
    values: Vec<(String, &'t str, Option<String>, bool)>,
}

impl<'t> Tried<'t> {
    /// The values as an expression or pattern.
    fn text(&self) -> String {
        let names: Vec<&str> = self.values.iter().map(|(name, ..)| name.as_str()).collect();
        match names[..] {
            [one] => one.to_owned(),
            _ => format!("({})", names.join(", ")),
        }
    }
}

/// The lines of a `try` that are one call, and the lines before and after it.
struct Single {
    before: Vec<String>,
    call: String,
    after: Vec<String>,
}

impl<'s, 't> Function<'s, 't> {
    pub(super) fn try_statement(&mut self, node: Node<'t>) {
        let mut handlers = Vec::new();
        let (mut body, mut otherwise, mut last) = (None, None, None);
        for child in children(node) {
            match child.kind() {
                "block" => body = Some(child),
                "except_clause" | "except_group_clause" => handlers.push(child),
                "else_clause" => otherwise = child.child_by_field_id(FIELDS.body),
                "finally_clause" => {
                    last = children(child)
                        .into_iter()
                        .find(|part| part.kind() == "block")
                }
                _ => return self.flat(node),
            }
        }
        let Some(body) = body.filter(|_| handlers.len() < 50) else {
            return self.flat(node);
        };
        let Some(last) = last.filter(|last| self.is_live(*last) || handlers.is_empty()) else {
            self.protected(body, &handlers, otherwise, node.end_byte());
            return self.comment(node.end_byte());
        };
        if handlers.is_empty() {
            self.comment(body.start_byte());
        }
        let tried = self.tried(node, last.start_byte(), |function| {
            if handlers.is_empty() {
                return function.lines_of_try(body);
            }
            function.protected(body, &handlers, otherwise, last.start_byte());
            None
        });
        self.join(&[&tried.branch], false, node.end_byte());
        self.closure(&tried);
        self.comment(last.start_byte());
        self.block(last);
        let leaves = tried.branch.block.leaves;
        if leaves.any() {
            self.push("match tried? {");
            self.depth += 1;
            self.leaving_arms(&tried, "");
            let end = tried.tail.and_then(|tail| self.leaving(tail));
            self.push(&end.map_or_else(|| "_ => {}".to_owned(), |end| format!("_ => {end},")));
            self.depth -= 1;
            self.push("}");
            return;
        }
        self.bind_values(&tried.values, "tried?", node.end_byte());
        self.lines += ";\n";
        if let Some(tail) = tried.tail {
            self.leave(tail);
        } else if tried.branch.block.diverges {
            self.diverge();
        }
    }

    /// The lines of a `try` without the statement at the end that leaves them.
    fn lines_of_try(&mut self, body: Node<'t>) -> Option<Jump> {
        let statements = children(body);
        let last = statements.last().copied().filter(|last| {
            matches!(
                last.kind(),
                "return_statement" | "break_statement" | "continue_statement"
            )
        });
        let Some(last) = last else {
            self.block(body);
            return None;
        };
        self.block_of(&statements[..statements.len() - 1], last.start_byte());
        Some(match last.kind() {
            "return_statement" => {
                let mut returned = self.returned(last);
                if let (Some(value), true) = (&returned.value, returned.acts) {
                    let line = format!(" = {value};");
                    let name = ("value".to_owned(), "value");
                    let pattern = self.bind(&name, returned.kind.clone(), false, last.end_byte());
                    self.push(&format!("{pattern}{line}"));
                    returned.value = Some(name.0);
                    returned.acts = false;
                }
                Jump::Return(returned)
            }
            kind => {
                self.comment(last.end_byte());
                if kind == "break_statement" {
                    Jump::Break
                } else {
                    Jump::Continue
                }
            }
        })
    }

    fn tried(
        &mut self,
        node: Node<'t>,
        end: usize,
        lines: impl FnOnce(&mut Self) -> Option<Jump>,
    ) -> Tried<'t> {
        let mut tail = None;
        let branch = self.branch(Kind::Closure, node, |function| tail = lines(function));
        let returned = match &tail {
            Some(Jump::Return(returned)) => returned.value.clone(),
            _ => None,
        };
        let mut values = Vec::new();
        for (name, bindings) in &branch.block.bound {
            let Some(binding) = bindings.last().map(|binding| &self.bindings[*binding]) else {
                continue;
            };
            let is_used = match &tail {
                Some(_) => returned.as_ref() == Some(name),
                None => self.is_used_after(binding.word, end),
            };
            if is_used && !branch.block.consumed.contains(name) && !branch.block.leaves.any() {
                let kind = branch.types.get(name).cloned().flatten();
                values.push((name.clone(), binding.word, kind, binding.mutable));
            }
        }
        // A value that stays in the closure.
        if let Some(Jump::Return(returned)) = &mut tail {
            let is_lost = returned.value.as_ref().is_some_and(|value| {
                branch.block.declared.contains_key(value)
                    && !values.iter().any(|(name, ..)| name == value)
            });
            if is_lost {
                returned.value = returned
                    .value
                    .as_ref()
                    .map(|value| format!("py({})", quoted(value)));
            }
        }
        Tried {
            branch,
            tail,
            values,
        }
    }

    /// `try` with its `except` and `else` clauses.
    fn protected(
        &mut self,
        body: Node<'t>,
        handlers: &[Node<'t>],
        otherwise: Option<Node<'t>>,
        end: usize,
    ) {
        self.comment(body.start_byte());
        let statements: Vec<Option<&'s Statement<'t>>> = handlers
            .iter()
            .map(|handler| self.statements.get(&handler.id()).copied())
            .collect();
        let error = statements.iter().copied().flatten().find_map(family);
        let has_uses = self.has_uses(body);
        let tried = self.tried(body, body.end_byte(), |function| {
            if !has_uses {
                let line = body
                    .parent()
                    .map_or(0, |whole| whole.start_position().row + 1);
                function.push(&format!(
                    "py::<Result<(), AnyError>>(\"the lines of `try`, line {line}\")?;"
                ));
            }
            function.lines_of_try(body)
        });
        self.join(&[&tried.branch], false, end);
        let mut arms = Vec::new();
        let mut is_complete = false;
        for (handler, statement) in handlers.iter().zip(statements) {
            let Some(block) = children(*handler)
                .into_iter()
                .find(|child| child.kind() == "block")
            else {
                continue;
            };
            let name = alias(self.source, *handler).unwrap_or_else(|| "e".to_owned());
            let typed = statement.filter(|statement| error.is_some() && family(statement) == error);
            let head = match typed.and_then(|statement| arm(self.source, statement)) {
                Some(arm) => arm,
                None => {
                    let head = self
                        .source
                        .get(handler.start_byte()..block.start_byte())
                        .unwrap_or_default();
                    let head = one_line(head);
                    let head = head.trim_end_matches(':').trim_end();
                    let class = head.strip_prefix("except").unwrap_or(head).trim();
                    let class = class.split([',', ' ']).next().unwrap_or(class);
                    match class.is_empty() || BASES.contains(&class) {
                        true => format!("Err({name}) => {{"),
                        false => format!("Err({name}) if py::<bool>({}) => {{", quoted(head)),
                    }
                }
            };
            let kind = error.map(str::to_owned).filter(|_| typed.is_some());
            let branch = self.branch(Kind::Plain, block, |function| {
                function.declare(&name, kind);
                function
                    .errors
                    .push((name.clone(), function.blocks.len() - 1));
                function.comment(block.start_byte());
                function.block(block);
                function.errors.pop();
                if tried.tail.is_none() {
                    function.end_arm(&tried.values);
                }
            });
            if !is_complete {
                is_complete = head.starts_with(&format!("Err({name}) =>"));
                arms.push((head, branch));
            }
        }
        let well = otherwise.map(|otherwise| {
            self.branch(Kind::Plain, otherwise, |function| {
                for (name, _, kind, _) in &tried.values {
                    function.declare(name, kind.clone());
                }
                function.comment(otherwise.start_byte());
                function.block(otherwise);
                let is_there = function.blocks.last().is_none_or(|block| !block.diverges);
                let all = tried.values.iter().all(|(name, ..)| {
                    function
                        .blocks
                        .last()
                        .is_none_or(|block| !block.consumed.contains(name))
                });
                match (tried.values.is_empty(), all) {
                    (true, _) => {}
                    (false, true) if is_there => {
                        let text = tried.text();
                        function.push(&text);
                    }
                    _ => function.end_arm(&tried.values),
                }
            })
        });
        let mut branches: Vec<&Branch> = arms.iter().map(|(_, branch)| branch).collect();
        branches.extend(&well);
        let stops = tried.tail.is_some() && well.is_none() || well.is_some();
        let stops = stops && branches.iter().all(|branch| branch.block.diverges);
        self.join(&branches, false, end);
        self.write_match(
            tried,
            error,
            &arms,
            well.as_ref(),
            is_complete,
            has_uses,
            end,
        );
        if stops {
            self.diverge();
        }
    }

    /// The values of a `try` at the end of an arm without them.
    fn end_arm(&mut self, values: &[(String, &'t str, Option<String>, bool)]) {
        let Some(block) = self.blocks.last().filter(|block| !block.diverges) else {
            return;
        };
        let texts: Vec<String> = values
            .iter()
            .map(|(name, _, kind, _)| {
                let is_same = kind.is_some() && self.types.get(name) == Some(kind);
                match is_same && block.bound.contains_key(name) {
                    true => name.clone(),
                    false => format!("py({})", quoted(name)),
                }
            })
            .collect();
        match &texts[..] {
            [] => {}
            [one] => self.push(&one.clone()),
            all => self.push(&format!("({})", all.join(", "))),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one statement")]
    fn write_match(
        &mut self,
        mut tried: Tried<'t>,
        error: Option<&str>,
        arms: &[(String, Branch)],
        well: Option<&Branch>,
        is_complete: bool,
        has_uses: bool,
        end: usize,
    ) {
        let single = self.single(&tried).filter(|single| match error {
            _ if !has_uses => single.after.is_empty() && tried.values.is_empty(),
            Some(error) => self.has_error(&tried, error),
            None => true,
        });
        let mut after = Vec::new();
        let result = match single {
            Some(single) => {
                for line in &single.before {
                    self.push(line);
                }
                after = single.after;
                match error {
                    Some(error) if !has_uses => {
                        format!(
                            "py::<Result<(), {error}>>{}",
                            single.call.trim_start_matches("py::<Result<(), AnyError>>")
                        )
                    }
                    Some("ssl::Error") if has_uses && !self.is_of_ssl(&tried) => {
                        format!("{}.map_err(ssl::Error::from)", single.call)
                    }
                    _ => single.call,
                }
            }
            None => {
                self.closure(&tried);
                error.map_or_else(
                    || "tried".to_owned(),
                    |error| format!("caught::<_, {error}>(tried)?"),
                )
            }
        };
        let leaves = tried.branch.block.leaves;
        let values = tried.text();
        let is_unit = tried.values.is_empty();
        let pattern = if leaves.any() || is_unit {
            "_"
        } else {
            &values
        };
        let ends = tried.tail.is_some();
        match tried.tail.take() {
            Some(tail) => {
                let text = self.leaving(tail);
                self.push(&format!("match {result} {{"));
                self.depth += 1;
                self.leaving_arms(&tried, "Ok");
                self.push(&format!(
                    "Ok({pattern}) => {},",
                    text.unwrap_or_else(|| "{}".to_owned())
                ));
            }
            None => {
                self.bind_values(&tried.values, &format!("match {result} {{"), end);
                self.lines.push('\n');
                self.depth += 1;
                self.leaving_arms(&tried, "Ok");
                match well {
                    Some(well) => {
                        self.push(&format!("Ok({pattern}) => {{"));
                        self.depth += 1;
                        for line in &after {
                            self.push(line);
                        }
                        self.depth -= 1;
                        for line in well.lines.lines() {
                            self.lines += "    ";
                            self.lines += line;
                            self.lines.push('\n');
                        }
                        self.push("}");
                    }
                    None if after.is_empty() && is_unit => {
                        self.push(&format!("Ok({pattern}) => {{}}"))
                    }
                    None if after.is_empty() => self.push(&format!("Ok({pattern}) => {values},")),
                    None => {
                        self.push(&format!("Ok({pattern}) => {{"));
                        self.depth += 1;
                        for line in &after {
                            self.push(line);
                        }
                        if !is_unit {
                            self.push(&values);
                        }
                        self.depth -= 1;
                        self.push("}");
                    }
                }
            }
        }
        for (head, branch) in arms {
            self.push(head);
            for line in branch.lines.lines() {
                self.lines += "    ";
                self.lines += line;
                self.lines.push('\n');
            }
            self.push("}");
        }
        if !is_complete {
            self.push("Err(e) => return Err(e.into()),");
        }
        self.depth -= 1;
        self.push(if is_unit || ends { "}" } else { "};" });
    }

    /// `let values = ` and what follows, without the end of the line.
    fn bind_values(
        &mut self,
        values: &[(String, &'t str, Option<String>, bool)],
        text: &str,
        end: usize,
    ) {
        let line = match values {
            [] => text.to_owned(),
            [(name, word, kind, mutable)] => {
                let pattern = self.bind(&(name.clone(), word), kind.clone(), *mutable, end);
                format!("{pattern} = {text}")
            }
            several => {
                let mut names = Vec::new();
                for (name, _, kind, mutable) in several {
                    names.push(format!("{}{name}", if *mutable { "mut " } else { "" }));
                    self.declare(name, kind.clone());
                }
                format!("let ({}) = {text}", names.join(", "))
            }
        };
        self.push(&line);
        self.lines.truncate(self.lines.trim_end_matches('\n').len());
    }

    /// The arms for the statements that leave a closure.
    fn leaving_arms(&mut self, tried: &Tried<'t>, wrapper: &str) {
        let leaves = tried.branch.block.leaves;
        let all = [
            (leaves.breaks, "Break", Jump::Break),
            (leaves.continues, "Continue", Jump::Continue),
        ];
        let mut arms = Vec::new();
        for (is_used, name, jump) in all {
            let text = is_used.then(|| self.leaving(jump)).flatten();
            arms.extend(text.map(|text| (name, text)));
        }
        if leaves.returns {
            arms.push(("Return(value)", self.passing_on()));
        }
        for (name, text) in arms {
            match wrapper {
                "" => self.push(&format!("Leave::{name} => {text},")),
                wrapper => self.push(&format!("{wrapper}(Leave::{name}) => {text},")),
            }
        }
    }

    /// The lines of a `try` as a closure that is called.
    fn closure(&mut self, tried: &Tried<'t>) {
        let leaves = tried.branch.block.leaves;
        let (kind, value) = match (leaves.any(), tried.values.is_empty()) {
            (true, _) if leaves.returns => ("Leave<_>", "Leave::No".to_owned()),
            (true, _) => ("Leave", "Leave::No".to_owned()),
            (false, true) => ("()", "()".to_owned()),
            (false, false) => ("_", tried.text()),
        };
        let is_async = tried.branch.lines.contains(".await");
        match is_async {
            true => self.push(&format!("let tried: Result<{kind}, AnyError> = async {{")),
            false => self.push(&format!("let tried = (|| -> Result<{kind}, AnyError> {{")),
        }
        self.lines += &tried.branch.lines;
        self.push(&format!("    Ok({value})"));
        self.push(if is_async { "}.await;" } else { "})();" });
    }

    /// The lines as one call, if they are no more.
    fn single(&self, tried: &Tried<'t>) -> Option<Single> {
        if tried.branch.block.leaves.any() || tried.values.len() > 1 {
            return None;
        }
        let indent = "    ".repeat(self.depth + 1);
        let lines: Option<Vec<&str>> = tried
            .branch
            .lines
            .lines()
            .map(|line| line.strip_prefix(&indent))
            .collect();
        let lines = lines?;
        let last = lines
            .iter()
            .rposition(|line| !line.trim_start().starts_with("//"))?;
        let (before, rest) = lines.split_at(last);
        let fits = |line: &&str| {
            line.starts_with("//")
                || line.starts_with("let ") && line.contains(" = py(") && !line.contains('?')
        };
        let is_simple = before.iter().all(fits);
        let line = rest.first()?;
        let (number, call) = match binding_of(line) {
            Some((number, rest)) => (Some(number), rest.strip_prefix(" = ")?),
            None => (None, line.strip_prefix("let _ = ").unwrap_or(line)),
        };
        let call = call.strip_suffix("?;")?;
        if !is_simple
            || call.contains('?')
            || call.starts_with("let ")
            || call.starts_with("return ")
        {
            return None;
        }
        let has_value = match (&tried.values[..], number) {
            ([], _) => true,
            ([(name, ..)], Some(number)) => tried
                .branch
                .block
                .bound
                .get(name)
                .is_some_and(|bindings| bindings.contains(&number)),
            _ => false,
        };
        if !has_value {
            return None;
        }
        let own = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Some(Single {
            before: own(before),
            call: call.to_owned(),
            after: own(&rest[1..]),
        })
    }

    /// The names of the uses in the lines of a `try`.
    fn uses_of(&self, tried: &Tried<'t>) -> impl Iterator<Item = &'s crate::names::Mark<'t>> {
        let (start, end) = (tried.branch.block.start, tried.branch.block.end);
        let inside = self.statements_in(start, end);
        inside.into_iter().flat_map(|statement| &statement.marks)
    }

    /// Whether the call's error is, or becomes, an `error`.
    fn has_error(&self, tried: &Tried<'t>, error: &str) -> bool {
        let of_requests = |mark: &crate::names::Mark<'t>| {
            mark.rule
                .is_some_and(|rule| rule.feature.as_deref() == Some("requests"))
        };
        match error {
            "ssl::Error" => !self.uses_of(tried).any(of_requests),
            _ => self.uses_of(tried).all(of_requests),
        }
    }

    fn is_of_ssl(&self, tried: &Tried<'t>) -> bool {
        self.uses_of(tried)
            .all(|mark| mark.name.starts_with("ssl."))
    }
}
