//! The host's page: its connections with their variables and the rules behind their last segments.

use std::{collections::BTreeMap, fmt::Write as _, time::SystemTime};

use stack_under_test::{Rules, Status};

use super::services::Flow;

/// Whether the head of a request is complete; nothing after it is of interest.
pub(super) fn is_whole(request: &[u8]) -> bool {
    request.windows(4).any(|end| end == b"\r\n\r\n")
}

/// The answer to a request: the page, or what is wrong with the request.
pub(super) fn answer(request: &[u8], connections: &[Status], rules: &BTreeMap<Flow, Rules>) -> Vec<u8> {
    let line = request.split(|octet| *octet == b'\r').next().unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|octet| *octet == b' ').collect();
    let (status, body) = match words[..] {
        _ if !is_whole(request) => ("431 Request Header Fields Too Large", "the request is too long\n".to_owned()),
        [b"GET" | b"HEAD", b"/", version] if version.starts_with(b"HTTP/1.") => ("200 OK", page(connections, rules)),
        [b"GET" | b"HEAD", _, version] if version.starts_with(b"HTTP/1.") => {
            ("404 Not Found", "there is one page here: /\n".to_owned())
        }
        [_, _, version] if version.starts_with(b"HTTP/") => ("405 Method Not Allowed", "GET / is all\n".to_owned()),
        _ => ("400 Bad Request", "this is no HTTP/1 request\n".to_owned()),
    };
    let kind = if status.starts_with("200") { "text/html" } else { "text/plain" };
    let head = format!(
        "HTTP/1.1 {status}\r\nDate: {}\r\nServer: rfc793\r\nContent-Type: {kind}; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        httpdate::fmt_http_date(SystemTime::now()),
        body.len()
    );
    let body = if words.first() == Some(&b"HEAD".as_slice()) { String::new() } else { body };
    (head + &body).into_bytes()
}

/// All of it is numbers and names of the program's own: nothing to escape.
fn page(connections: &[Status], rules: &BTreeMap<Flow, Rules>) -> String {
    let mut rows = String::new();
    for status in connections {
        let last = rules.get(&(status.local.port(), status.remote));
        let last: Vec<_> = last.into_iter().flat_map(Rules::iter).map(|rule| rule.name()).collect();
        let cwnd = if status.cwnd == u32::MAX { "-".to_owned() } else { status.cwnd.to_string() };
        let _ = writeln!(
            rows,
            "<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{:.1} ms<td>{cwnd}<td>{}<td>{}<td>{}<td>{}",
            status.local,
            status.remote,
            status.state,
            status.snd_una,
            status.snd_nxt,
            status.snd_wnd,
            status.rcv_nxt,
            status.rcv_wnd,
            status.rto.as_secs_f64() * 1000.0,
            status.send_mss,
            status.unacked,
            status.unread,
            last.join(", "),
        );
    }
    format!(
        "<!doctype html>\n<title>rfc793 host</title>\n\
         <style>body{{font:14px monospace}}td,th{{padding:0 1em 0 0;text-align:left}}</style>\n\
         <h1>rfc793 host: {} connections</h1>\n<table>\n\
         <tr><th>local<th>remote<th>state<th>SND.UNA<th>SND.NXT<th>SND.WND<th>RCV.NXT<th>RCV.WND<th>RTO<th>cwnd\
         <th>Eff.snd.MSS<th>unacknowledged<th>unread<th>rules of the last segment\n{rows}</table>\n",
        connections.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_line(request: &str) -> String {
        let answer = String::from_utf8(answer(request.as_bytes(), &[], &BTreeMap::new())).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let len = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
        if !request.starts_with("HEAD") {
            assert_eq!(len.parse(), Ok(body.len()), "{request}");
        }
        head.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn requests_are_answered_by_what_they_are() {
        for (request, status) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK"),
            ("HEAD / HTTP/1.0\r\n\r\n", "200 OK"),
            ("GET /favicon.ico HTTP/1.1\r\n\r\n", "404 Not Found"),
            ("POST / HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
            ("\r\n\r\n", "400 Bad Request"),
            ("GET /\r\n\r\n", "400 Bad Request"),
            ("GET / HTTP/1.1\r\nX: no end", "431 Request Header Fields Too Large"),
        ] {
            assert_eq!(first_line(request), format!("HTTP/1.1 {status}"), "{request:?}");
        }
    }
}
