//! A browser without scripts: cookies by host, forms, and redirects that a test follows step by step.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::http::{Answer, send};

/// A browser.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<(String, String), String>,
}

impl Browser {
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.ask("GET", url, "").await
    }

    /// Sends the form of a page with these fields beside its hidden ones.
    pub(crate) async fn submit(
        &mut self,
        url: &str,
        page: &Answer,
        fields: &[(&str, &str)],
    ) -> Answer {
        let action = between(&page.body, "action=\"", "\"").replace("&amp;", "&");
        let origin_end = url[7..].find('/').map_or(url.len(), |end| end + 7);
        let mut form: Vec<String> = Vec::new();
        for hidden in page.body.split("<input type=\"hidden\" ").skip(1) {
            let (name, value) =
                (between(hidden, "name=\"", "\""), between(hidden, "value=\"", "\""));
            form.push(format!("{name}={value}"));
        }
        for (name, value) in fields {
            form.push(format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        }
        let target = format!("{}{action}", &url[..origin_end]);
        self.ask("POST", &target, &form.join("&")).await
    }

    async fn ask(&mut self, method: &str, url: &str, body: &str) -> Answer {
        let host = between(url, "http://", ":").to_owned();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|((own, _), _)| *own == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("Cookie", cookies.as_str())];
        if method == "POST" {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let answer = send(method, url, &headers, body).await;
        for cookie in answer.all("set-cookie") {
            let pair = cookie.split(';').next().and_then(|pair| pair.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.insert((host.clone(), name.to_owned()), value.to_owned());
            }
        }
        answer
    }
}

/// The text between two others; panics when it is not there.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| unreachable!("{before} in {text}"));
    rest.split(after).next().unwrap_or_default()
}

/// A parameter of a URL's query, decoded.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(own, _)| *own == name)?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}
