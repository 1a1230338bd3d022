//! `matrix:` → one tree per combination, with every `$name` replaced.
//!
//! Called by [`crate::case::load`] between reading and typing, so that `$name` may stand for anything: a state, a
//! number within a sum, a whole map, a part of a title. Values keep the place they were written at, so a mistake in
//! a row is shown in that row. `$$` is a dollar sign. The key `ip` sets `config: { ip: … }` by itself. Leaves out expressions and conditions: a row names its answer.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    error::{Fault, Mark},
    form::text::is_name,
    suggest::{did_you_mean, quoted_list},
    tree::{Content, Node, flow::flow_text},
};

/// The key of the matrix that says which version of IP the case speaks.
const IP: &str = "ip";

/// How many concrete cases one file may expand to.
pub const MAX_VARIANTS: usize = 4096;

/// How much text all combinations together may have, in bytes.
const MAX_EXPANDED_BYTES: usize = 16 << 20;

/// One combination of matrix values.
pub(super) struct Variant<'t> {
    /// The values for the id: `ESTABLISHED,left-edge`. Empty without a matrix.
    pub(super) values: String,
    /// The document without its matrix, all variables replaced.
    pub(super) tree: Cow<'t, Node>,
}

/// Checks a document's matrix and variables, and gives its combinations in the order written.
///
/// # Errors
/// A matrix of the wrong shape, a variable unused, unknown or defined twice, more than [`MAX_VARIANTS`] combinations.
pub(super) fn variants(root: &Node) -> Result<impl Iterator<Item = Variant<'_>>, Box<Fault>> {
    let Content::Map(entries) = &root.content else {
        let message = format!("a case is a map of `title`, `clauses` and `steps`, not {}", root.described());
        return Err(Fault::at(root.mark, message));
    };
    let axes = match entries.iter().find(|(key, _)| key.text() == Some("matrix")) {
        Some((key, matrix)) => axes(matrix).map_err(|fault| fault.or_at(key.mark))?,
        None => Vec::new(),
    };
    let mut mentions = BTreeMap::new();
    for (key, value) in entries.iter().filter(|(key, _)| key.text() != Some("matrix")) {
        mentioned(key, &mut mentions);
        mentioned(value, &mut mentions);
    }
    check_variables(&axes, &mentions)?;
    let count = axes.iter().try_fold(1_usize, |count, axis| count.checked_mul(axis.rows.len()));
    let count = count.filter(|count| *count <= MAX_VARIANTS).ok_or_else(|| {
        let sizes: Vec<String> = axes.iter().map(|axis| axis.rows.len().to_string()).collect();
        let message = format!("the matrix makes {} cases; at most {MAX_VARIANTS}", sizes.join("×"));
        Fault::at(root.entry_mark("matrix"), message).help("split the file")
    })?;
    let body = entries.iter().filter(|(key, _)| key.text() != Some("matrix"));
    let largest = largest_values(&axes);
    let size = body.fold(0_usize, |sum, (_, value)| sum.saturating_add(expanded_size(value, &largest)));
    if size.saturating_mul(count) > MAX_EXPANDED_BYTES && !axes.is_empty() {
        let message = format!("the matrix makes more than {} MiB of text", MAX_EXPANDED_BYTES >> 20);
        return Err(Fault::at(root.entry_mark("matrix"), message).help("split the file"));
    }
    let plain = axes.is_empty() && mentions.is_empty() && !has_dollar(root);
    Ok((0..count).map(move |index| {
        if plain {
            return Variant { values: String::new(), tree: Cow::Borrowed(root) };
        }
        let rows = rows_at(&axes, index);
        let labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
        let variables =
            rows.iter().flat_map(|row| &row.variables).map(|(name, value)| (name.as_str(), value)).collect();
        let kept = entries.iter().filter(|(key, _)| key.text() != Some("matrix"));
        let mut entries = kept.map(|(key, value)| (replaced(key, &variables), replaced(value, &variables))).collect();
        if let Some(version) = variables.get(IP) {
            set_version(&mut entries, version);
        }
        let tree = Node { content: Content::Map(entries), ..Node { mark: root.mark, ..Node::plain("") } };
        Variant { values: labels.join(","), tree: Cow::Owned(tree) }
    }))
}

/// One key of the matrix.
struct Axis {
    mark: Mark,
    rows: Vec<Row>,
    /// The variable that need not be used: the row's own name.
    optional: Option<String>,
}

/// One value of a key, or one named row of values.
struct Row {
    label: String,
    mark: Mark,
    variables: Vec<(String, Node)>,
}

fn axes(matrix: &Node) -> Result<Vec<Axis>, Box<Fault>> {
    let Content::Map(entries) = &matrix.content else {
        return Err(Fault::at(matrix.mark, "a matrix is a map from variables to their values")
            .help("write `matrix: { state: [ESTABLISHED, FIN-WAIT-1] }`"));
    };
    if entries.is_empty() {
        return Err(Fault::at(matrix.mark, "an empty matrix").help("leave it out"));
    }
    let axes = entries.iter().map(|(key, value)| {
        let name = variable_name(key)?;
        let axis = match &value.content {
            Content::List(values) => {
                let rows = values.iter().map(|value| single(name, value)).collect::<Result<_, _>>()?;
                // The version of IP has its place without being named.
                Axis { mark: key.mark, rows, optional: (name == IP).then(|| name.to_owned()) }
            }
            Content::Map(rows) => named_rows(name, key.mark, rows)?,
            Content::Scalar { .. } => {
                return Err(Fault::at(value.mark, format!("`{name}` has one value only"))
                    .help(format!("write `{name}: [a, b]`, or rows `{name}: {{ a: {{ … }}, b: {{ … }} }}`")));
            }
        };
        check_rows(name, &axis)?;
        Ok(axis)
    });
    axes.collect()
}

fn variable_name(key: &Node) -> Result<&str, Box<Fault>> {
    let name = key.text().unwrap_or_default();
    if is_name(name) {
        return Ok(name);
    }
    Err(Fault::at(key.mark, format!("`{name}` is no variable name"))
        .help("names have letters, digits and underscores (in `$seq-1` the name ends before the minus)"))
}

/// A value of a list; its text is the label.
fn single(name: &str, value: &Node) -> Result<Row, Box<Fault>> {
    let label = value.text().filter(|text| !text.is_empty()).ok_or_else(|| {
        Fault::at(value.mark, format!("{} in a list of values", value.described()))
            .help(format!("give it a name: `{name}: {{ row-name: {{ variable: … }} }}`"))
    })?;
    let variables = vec![(name.to_owned(), constant(value)?)];
    Ok(Row { label: label.to_owned(), mark: value.mark, variables })
}

/// Rows with names; each holds several variables, or one value for `$name` itself.
fn named_rows(name: &str, mark: Mark, entries: &[(Node, Node)]) -> Result<Axis, Box<Fault>> {
    let single_valued = entries.iter().all(|(_, value)| !matches!(value.content, Content::Map(_)));
    let mut rows = Vec::new();
    let mut optional = None;
    for (key, value) in entries {
        let label = key.text().unwrap_or_default().to_owned();
        let variables = match &value.content {
            _ if single_valued => vec![(name.to_owned(), constant(value)?)],
            Content::Map(variables) => {
                let named = variables.iter().map(|(key, value)| Ok((variable_name(key)?.to_owned(), constant(value)?)));
                let mut named = named.collect::<Result<Vec<_>, Box<Fault>>>()?;
                // `$position` stands for the row's name, unless the row gives it a value.
                if !named.iter().any(|(variable, _)| variable == name) {
                    named.insert(0, (name.to_owned(), Node { mark: key.mark, ..Node::plain(&label) }));
                    optional = Some(name.to_owned());
                }
                named
            }
            Content::Scalar { .. } | Content::List(_) => {
                return Err(Fault::at(
                    value.mark,
                    format!("row `{label}` is {}, other rows are maps", value.described()),
                )
                .help("write `{ variable: value }`"));
            }
        };
        rows.push(Row { label, mark: key.mark, variables });
    }
    Ok(Axis { mark, rows, optional })
}

fn check_rows(name: &str, axis: &Axis) -> Result<(), Box<Fault>> {
    let Some(first) = axis.rows.first() else { return Err(Fault::at(axis.mark, format!("`{name}` has no value"))) };
    for (index, row) in axis.rows.iter().enumerate() {
        if axis.rows[..index].iter().any(|other| other.label == row.label) {
            return Err(Fault::at(row.mark, format!("`{}` stands twice in `{name}`", row.label)));
        }
        if row.label.contains(['#', ',', '/', '\n']) {
            return Err(Fault::at(row.mark, format!("`{}` cannot be part of a case's id", row.label))
                .help("give the value a name: `name: { some-row: value }`"));
        }
        for (variable, _) in &first.variables {
            if !row.variables.iter().any(|(other, _)| other == variable) {
                let message = format!("row `{}` has no `{variable}`, row `{}` has", row.label, first.label);
                return Err(Fault::at(row.mark, message));
            }
        }
        for (variable, value) in &row.variables {
            if !first.variables.iter().any(|(other, _)| other == variable) {
                let message = format!("row `{}` has `{variable}`, row `{}` has not", row.label, first.label);
                return Err(Fault::at(value.mark, message));
            }
        }
    }
    Ok(())
}

/// Every variable is used, every `$name` is a variable, and no variable has two sources.
fn check_variables(axes: &[Axis], mentions: &BTreeMap<&str, Mark>) -> Result<(), Box<Fault>> {
    let mut known: Vec<&str> = Vec::new();
    for axis in axes {
        for (name, value) in axis.rows.first().iter().flat_map(|row| &row.variables) {
            if known.contains(&name.as_str()) {
                return Err(Fault::at(value.mark, format!("`{name}` is a variable of the matrix already")));
            }
            known.push(name);
            if !mentions.contains_key(name.as_str()) && axis.optional.as_ref() != Some(name) {
                let is_in_row = axis.rows.iter().any(|row| row.variables.len() > 1);
                let mark = if is_in_row { value.mark } else { axis.mark };
                return Err(Fault::at(mark, format!("the matrix variable `{name}` is not used"))
                    .help(format!("write `${name}` where its value belongs, or leave it out")));
            }
        }
    }
    match mentions.iter().filter(|(name, _)| !known.contains(name)).min_by_key(|(_, mark)| mark.offset) {
        None => Ok(()),
        Some((name, mark)) => Err(Fault::at(*mark, format!("unknown variable `${name}`")).help(
            match (did_you_mean(name, known.iter().copied()), known.is_empty()) {
                (Some(help), _) => help,
                (None, true) => "the file has no `matrix`; a dollar sign is written `$$`".to_owned(),
                (None, false) => format!("the matrix has {}; a dollar sign is written `$$`", quoted_list(&known)),
            },
        )),
    }
}

/// Puts the version of IP where a case has it, unless the case says one itself.
fn set_version(entries: &mut Vec<(Node, Node)>, version: &Node) {
    let entry = (Node { mark: version.mark, ..Node::plain(IP) }, replaced(version, &BTreeMap::new()));
    let config =
        entries.iter_mut().find(|(key, _)| key.text() == Some("config")).map(|(_, config)| &mut config.content);
    match config {
        Some(Content::Map(switches)) if switches.iter().all(|(key, _)| key.text() != Some(IP)) => switches.push(entry),
        // It says one, or is none: then reading it tells.
        Some(Content::Map(_) | Content::List(_) | Content::Scalar { .. }) => {}
        None => {
            let config = Node { content: Content::Map(vec![entry]), mark: version.mark, ..Node::plain("") };
            entries.push((Node { mark: version.mark, ..Node::plain("config") }, config));
        }
    }
}

/// The rows of the combination `index`; the last key turns fastest.
fn rows_at(axes: &[Axis], mut index: usize) -> Vec<&Row> {
    let mut rows: Vec<&Row> = axes
        .iter()
        .rev()
        .map(|axis| {
            let row = &axis.rows[index % axis.rows.len()];
            index /= axis.rows.len();
            row
        })
        .collect();
    rows.reverse();
    rows
}

/// The size of each variable's largest value.
fn largest_values(axes: &[Axis]) -> BTreeMap<&str, usize> {
    let mut largest = BTreeMap::new();
    for (name, value) in axes.iter().flat_map(|axis| &axis.rows).flat_map(|row| &row.variables) {
        let known = largest.entry(name.as_str()).or_insert(0);
        *known = expanded_size(value, &BTreeMap::new()).max(*known);
    }
    largest
}

/// At most how many bytes a node takes once its variables are replaced, brackets included.
fn expanded_size(node: &Node, largest: &BTreeMap<&str, usize>) -> usize {
    let below = |nodes: &mut dyn Iterator<Item = &Node>| {
        nodes.fold(0, |sum: usize, node| sum.saturating_add(expanded_size(node, largest)))
    };
    let own = match &node.content {
        Content::Scalar { text, .. } => pieces(text).fold(0, |sum: usize, piece| {
            sum.saturating_add(match piece {
                Piece::Text(text) => text.len(),
                Piece::Variable(name) => largest.get(name).copied().unwrap_or(0),
            })
        }),
        Content::List(items) => below(&mut items.iter()),
        Content::Map(entries) => below(&mut entries.iter().flat_map(|(key, value)| [key, value])),
    };
    own.saturating_add(4)
}

/// A piece of a text.
enum Piece<'t> {
    Text(&'t str),
    Variable(&'t str),
}

/// Cuts a text at its `$name`s; `$$` becomes `$`.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = match rest.find('$') {
            _ if rest.is_empty() => return None,
            None => rest.len(),
            Some(0) => {
                let behind = &rest[1..];
                let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
                if is_name(&behind[..end]) {
                    rest = &behind[end..];
                    return Some(Piece::Variable(&behind[..end]));
                }
                rest = behind.strip_prefix('$').unwrap_or(behind);
                return Some(Piece::Text("$"));
            }
            Some(at) => at,
        };
        let (text, behind) = rest.split_at(at);
        rest = behind;
        Some(Piece::Text(text))
    })
}

fn has_dollar(node: &Node) -> bool {
    match &node.content {
        Content::Scalar { text, .. } => text.contains('$'),
        Content::List(items) => items.iter().any(has_dollar),
        Content::Map(entries) => entries.iter().any(|(key, value)| has_dollar(key) || has_dollar(value)),
    }
}

/// Collects the variables a node mentions, each with its first place.
fn mentioned<'n>(node: &'n Node, mentions: &mut BTreeMap<&'n str, Mark>) {
    match &node.content {
        Content::Scalar { text, .. } => {
            for piece in pieces(text) {
                if let Piece::Variable(name) = piece {
                    mentions.entry(name).or_insert(node.mark);
                }
            }
        }
        Content::List(items) => items.iter().for_each(|item| mentioned(item, mentions)),
        Content::Map(entries) => entries.iter().for_each(|(key, value)| {
            mentioned(key, mentions);
            mentioned(value, mentions);
        }),
    }
}

/// A matrix value; it mentions no variable itself.
fn constant(value: &Node) -> Result<Node, Box<Fault>> {
    let mut mentions = BTreeMap::new();
    mentioned(value, &mut mentions);
    match mentions.first_key_value() {
        None => Ok(replaced(value, &BTreeMap::new())),
        Some((name, mark)) => Err(Fault::at(*mark, format!("`${name}` in a value of the matrix"))
            .help("matrix values cannot use other variables; write the value out")),
    }
}

/// The node with all variables replaced. All of them are known: [`check_variables`] has seen to it.
fn replaced(node: &Node, variables: &BTreeMap<&str, &Node>) -> Node {
    let content = match &node.content {
        Content::Scalar { text, quoted } if text.contains('$') => {
            let whole = text.strip_prefix('$').and_then(|name| variables.get(name));
            if let (Some(value), false) = (whole, *quoted) {
                return (*value).clone();
            }
            let text = pieces(text).map(|piece| match piece {
                Piece::Text(text) => Cow::Borrowed(text),
                Piece::Variable(name) => variables.get(name).map_or(Cow::Borrowed(""), |value| match value.text() {
                    Some(text) => Cow::Borrowed(text),
                    None => Cow::Owned(flow_text(value)),
                }),
            });
            Content::Scalar { text: text.collect(), quoted: *quoted }
        }
        Content::Scalar { .. } => return node.clone(),
        Content::List(items) => Content::List(items.iter().map(|item| replaced(item, variables)).collect()),
        Content::Map(entries) => Content::Map(
            entries.iter().map(|(key, value)| (replaced(key, variables), replaced(value, variables))).collect(),
        ),
    };
    Node { content, mark: node.mark, comments: node.comments.clone() }
}

#[cfg(test)]
mod tests;
