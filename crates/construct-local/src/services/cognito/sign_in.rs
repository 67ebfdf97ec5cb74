//! `/login` and `/logout`: the sign-in page, what it sends, and the session that comes of it.

use bytes::Bytes;
use http::{Response, StatusCode};

use super::authorize::{Ask, Refused, is_registered};
use super::codes;
use super::credentials::{self, Person, Unanswered, Verdict};
use super::directory;
use super::grants::{Owes, Session, digest, same_secret};
use super::plane::{Parameters, Visit};
use super::sign_in_page::{Form, Page, redirect, set_cookie};
use crate::random::ALPHANUMERIC;

/// How long a browser stays signed in, in seconds: the service's hour.
const SESSION_SECONDS: i64 = 3_600;
const CSRF_COOKIE: &str = "XSRF-TOKEN";
const SECRET_LENGTH: usize = 43;

/// The cookie of a pool's sessions: several pools may share the loopback host.
pub(super) fn cookie_name(pool: &str) -> String {
    format!("cognito-{pool}")
}

/// Shows the form.
pub(super) fn show(visit: &Visit) -> Response<Bytes> {
    let ask = match check(visit) {
        Ok(ask) => ask,
        Err(refused) => return refused.response(),
    };
    let hint = ask.login_hint.as_deref().unwrap_or_default();
    with_form(visit, &ask, StatusCode::OK, None, |form| Page::sign_in(form, hint))
}

/// Takes the form.
pub(super) fn submit(visit: &Visit) -> Response<Bytes> {
    let ask = match check(visit) {
        Ok(ask) => ask,
        Err(refused) => return refused.response(),
    };
    let Some(form) = visit.form() else {
        return Page::error("The form cannot be read.").response(StatusCode::BAD_REQUEST);
    };
    // Without this another site could sign its visitors in as somebody else.
    let is_own = visit
        .cookie(CSRF_COOKIE)
        .filter(|cookie| is_secret(cookie))
        .zip(form.get("_csrf"))
        .is_some_and(|(cookie, sent)| same_secret(sent, cookie));
    if !is_own {
        let notice = "This page was open for too long, or your browser takes no cookies.";
        return again(visit, &ask, StatusCode::FORBIDDEN, notice, &form);
    }
    if let Some(session) = form.get("session") {
        return match credentials::owed(&visit.local, &ask.client, session) {
            Some(owes @ (Owes::Enrolment { .. } | Owes::Code)) => {
                take_code(visit, &ask, &owes, &form)
            }
            Some(Owes::NewPassword) | None => take_new_password(visit, &ask, session, &form),
        };
    }
    let (username, password) =
        (form.get("username").unwrap_or_default(), form.get("password").unwrap_or_default());
    let now = visit.local.now_ms();
    let verdict = visit.local.read(|account| {
        directory::pool(account, &ask.pool)
            .map_or(Verdict::NoUser, |pool| credentials::verdict(pool, username, password, now))
    });
    match verdict {
        Verdict::Known(person) => go_on(visit, &ask, person),
        Verdict::NewPassword(person) => ask_more(visit, &ask, person, &Owes::NewPassword),
        Verdict::Expired => {
            let notice =
                "Your temporary password is no longer valid. An administrator has to set another.";
            again(visit, &ask, StatusCode::BAD_REQUEST, notice, &form)
        }
        Verdict::ResetRequired => {
            let notice = "Your password was reset. The local AWS sends no code to choose another: an \
                          administrator has to set one.";
            again(visit, &ask, StatusCode::BAD_REQUEST, notice, &form)
        }
        // One sentence for all, or the page would tell who has an account.
        Verdict::NoUser | Verdict::WrongPassword | Verdict::Disabled => {
            let notice = "Incorrect username or password.";
            again(visit, &ask, StatusCode::BAD_REQUEST, notice, &form)
        }
    }
}

/// Forgets the session and sends the browser where the client wants it, if that is registered.
pub(super) fn leave(visit: &Visit) -> Response<Bytes> {
    let query = Parameters::of(&visit.request.query).unwrap_or_default();
    let found = visit.local.read(|account| {
        let (pool, client) = visit.place.client(account, query.get("client_id")?)?;
        let onward = query.get("logout_uri");
        let allowed = onward.is_none_or(|uri| is_registered(client, "LogoutURLs", uri));
        allowed.then(|| (pool.id.clone(), onward.map(str::to_owned)))
    });
    let Some((pool, onward)) = found else {
        let sentence = "The client or its sign-out URI is not registered here.";
        return Page::error(sentence).response(StatusCode::BAD_REQUEST);
    };
    let cookie = cookie_name(&pool);
    if let Some(session) = visit.cookie(&cookie) {
        let key = digest(session);
        visit.local.edit_lazily(|account| {
            directory::pool_mut(account, &pool).and_then(|pool| pool.sessions.remove(&key))
        });
    }
    let mut response = onward.map_or_else(
        || Page::signed_out().response(StatusCode::OK),
        |location| redirect(&location),
    );
    set_cookie(&mut response, &cookie, "", 0);
    response
}

fn check(visit: &Visit) -> Result<Ask, Refused> {
    visit.local.read(|account| Ask::check(account, &visit.place, &visit.request.query))
}

/// A person whom the pool knows: a session for the browser, a code for the client.
fn signed_in(visit: &Visit, ask: &Ask, person: &Person) -> Response<Bytes> {
    let now = visit.local.now_ms();
    let cookie = visit.local.random_id(ALPHANUMERIC, SECRET_LENGTH);
    let name = cookie_name(&ask.pool);
    let before = visit.cookie(&name).map(digest);
    let issue = codes::Issue::new(&visit.local, now / 1000);
    let session = Session {
        user: person.user.clone(),
        sub: person.sub.clone(),
        auth_time: now / 1000,
        expires: now + SESSION_SECONDS * 1000,
    };
    let location = visit.local.edit_lazily(|account| {
        let sessions = &mut directory::pool_mut(account, &ask.pool)?.sessions;
        sessions.retain(|key, session| session.expires > now && Some(key) != before.as_ref());
        sessions.insert(digest(&cookie), session);
        issue.code(account, ask, person)
    });
    let Some(location) = location else {
        return redirect(&ask.refusal("server_error", "the client is gone"));
    };
    let mut response = redirect(&location);
    set_cookie(&mut response, &name, &cookie, SESSION_SECONDS);
    response
}

/// A person whose password is right: on to the second factor, or in.
fn go_on(visit: &Visit, ask: &Ask, person: Person) -> Response<Bytes> {
    match credentials::owes(&visit.local, &ask.pool, &person) {
        Some(owes) => ask_more(visit, ask, person, &owes),
        None => signed_in(visit, ask, &person),
    }
}

fn ask_more(visit: &Visit, ask: &Ask, person: Person, owes: &Owes) -> Response<Bytes> {
    let secret = visit.local.random_id(ALPHANUMERIC, SECRET_LENGTH);
    let now = visit.local.now_ms();
    visit.local.edit_lazily(|account| {
        if let Some(client) = directory::client_mut(account, &ask.pool, &ask.client) {
            credentials::challenge(client, person, owes.clone(), &secret, now);
        }
    });
    with_form(visit, ask, StatusCode::OK, None, |form| Page::more(form, &secret, owes))
}

fn take_code(visit: &Visit, ask: &Ask, owes: &Owes, form: &Parameters) -> Response<Bytes> {
    let secret = form.get("session").unwrap_or_default();
    let code = form.get("code").unwrap_or_default();
    match credentials::answer_code(&visit.local, (&ask.pool, &ask.client), secret, code) {
        Ok(person) => signed_in(visit, ask, &person),
        Err(Unanswered::WrongCode) => {
            let notice = Some("That is not the code that your app shows now.");
            with_form(visit, ask, StatusCode::BAD_REQUEST, notice, |form| {
                Page::more(form, secret, owes)
            })
        }
        Err(Unanswered::NoChallenge | Unanswered::Policy(_)) => {
            let notice = "That took too long. Sign in again.";
            again(visit, ask, StatusCode::BAD_REQUEST, notice, form)
        }
    }
}

fn take_new_password(visit: &Visit, ask: &Ask, secret: &str, form: &Parameters) -> Response<Bytes> {
    let password = form.get("new_password").unwrap_or_default();
    match credentials::answer(&visit.local, (&ask.pool, &ask.client), secret, password) {
        Ok(person) => go_on(visit, ask, person),
        Err(Unanswered::NoChallenge | Unanswered::WrongCode) => {
            let notice = "That took too long. Sign in again.";
            again(visit, ask, StatusCode::BAD_REQUEST, notice, form)
        }
        Err(Unanswered::Policy(fault)) => {
            let notice = Some(fault.message.as_str());
            with_form(visit, ask, StatusCode::BAD_REQUEST, notice, |form| {
                Page::more(form, secret, &Owes::NewPassword)
            })
        }
    }
}

/// The sign-in form once more, with what was wrong and the name that was given.
fn again(
    visit: &Visit,
    ask: &Ask,
    status: StatusCode,
    notice: &str,
    sent: &Parameters,
) -> Response<Bytes> {
    let username = sent.get("username").unwrap_or_default();
    with_form(visit, ask, status, Some(notice), |form| Page::sign_in(form, username))
}

/// A page with a form, and the cookie that the form must come back with. A browser keeps the one
/// it has, so that two open pages do not spoil each other.
fn with_form(
    visit: &Visit,
    ask: &Ask,
    status: StatusCode,
    notice: Option<&str>,
    page: impl FnOnce(Form<'_>) -> Page,
) -> Response<Bytes> {
    let csrf = visit
        .cookie(CSRF_COOKIE)
        .filter(|cookie| is_secret(cookie))
        .map_or_else(|| visit.local.random_id(ALPHANUMERIC, SECRET_LENGTH), str::to_owned);
    let query = &visit.request.raw_query;
    let form = Form {
        query,
        csrf: &csrf,
        client_name: &ask.client_name,
        notice,
        providers: &ask.providers,
    };
    let mut response = page(form).response(status);
    set_cookie(&mut response, CSRF_COOKIE, &csrf, SESSION_SECONDS);
    response
}

fn is_secret(text: &str) -> bool {
    text.len() == SECRET_LENGTH && text.chars().all(|c| c.is_ascii_alphanumeric())
}
