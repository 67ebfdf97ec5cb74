//! `InitiateAuth` and `RespondToAuthChallenge`: signing in without a browser.
//!
//! Nobody signs these calls, so they name no Region: the client id tells the pool. Password and
//! refresh token are implemented, the change of a temporary password, and the code of an
//! authenticator app; the other flows are refused by name.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::credentials::{self, Person, Unanswered, Verdict};
use super::grants::{Grant, Owes, digest};
use super::state::{Client, Pool};
use super::tokens::{Draw, Unsigned};
use super::{
    directory, input, invalid, keys, not_found, renewal, shapes, text, texts, token_endpoint,
};
use crate::local::LocalAws;
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};

/// The one scope of a sign-in outside the OAuth endpoints.
pub(super) const SCOPE: &str = "aws.cognito.signin.user.admin";

pub(super) fn initiate(call: &Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::INITIATE_AUTH)?;
    Ok(Reply::later(move |local| async move {
        let attempt = Attempt::of(&local, &given, "AuthParameters")?;
        match text(&given, "AuthFlow") {
            "USER_PASSWORD_AUTH" => attempt.password().await,
            "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => attempt.refresh().await,
            flow => Err(Fault::new(
                501,
                "NotImplemented",
                format!("the local AWS does not implement the flow {flow} of InitiateAuth"),
            )),
        }
        .map(Reply::json)
    }))
}

pub(super) fn respond(call: &Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::RESPOND_TO_AUTH_CHALLENGE)?;
    Ok(Reply::later(move |local| async move {
        let attempt = Attempt::of(&local, &given, "ChallengeResponses")?;
        match text(&given, "ChallengeName") {
            "SOFTWARE_TOKEN_MFA" => attempt.code(text(&given, "Session")).await,
            "NEW_PASSWORD_REQUIRED" => attempt.new_password(text(&given, "Session")).await,
            name => Err(Fault::new(
                501,
                "NotImplemented",
                format!("the local AWS does not implement the challenge {name}"),
            )),
        }
        .map(Reply::json)
    }))
}

/// One attempt to sign in, at a pool that is there.
struct Attempt<'a> {
    local: &'a LocalAws,
    pool: String,
    client_id: &'a str,
    parameters: &'a Map<String, Value>,
}

impl<'a> Attempt<'a> {
    fn of(
        local: &'a LocalAws,
        given: &'a Map<String, Value>,
        parameters: &str,
    ) -> Result<Self, Fault> {
        let client_id = text(given, "ClientId");
        let pool = local.read(|account| Some(directory::client(account, client_id)?.0.id.clone()));
        let pool = pool.ok_or_else(|| no_client(client_id))?;
        let parameters = given
            .get(parameters)
            .and_then(Value::as_object)
            .ok_or_else(|| invalid(format!("Missing required parameter {parameters}")))?;
        Ok(Self { local, pool, client_id, parameters })
    }

    fn parameter(&self, name: &str) -> Result<&'a str, Fault> {
        let value = text(self.parameters, name);
        if value.is_empty() {
            return Err(invalid(format!("Missing required parameter {name}")));
        }
        Ok(value)
    }

    /// Reads the pool and the client.
    fn read<T>(&self, look: impl FnOnce(&Pool, &Client) -> Result<T, Fault>) -> Result<T, Fault> {
        self.local.read(|account| {
            let (pool, client) = directory::client(account, self.client_id)
                .ok_or_else(|| no_client(self.client_id))?;
            look(pool, client)
        })
    }

    async fn password(&self) -> Result<Value, Fault> {
        let (name, password) = (self.parameter("USERNAME")?, self.parameter("PASSWORD")?);
        let verdict = self.read(|pool, client| {
            check_flow(client, &["ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"])?;
            self.check_secret_hash(client, name)?;
            let verdict = credentials::verdict(pool, name, password, self.local.now_ms());
            let tells = text(&client.settings, "PreventUserExistenceErrors") != "ENABLED";
            match verdict {
                Verdict::NoUser if tells => {
                    Err(Fault::client("UserNotFoundException", "User does not exist."))
                }
                Verdict::NoUser | Verdict::WrongPassword => {
                    Err(not_authorized("Incorrect username or password."))
                }
                Verdict::Disabled => Err(not_authorized("User is disabled.")),
                Verdict::Expired => Err(not_authorized(
                    "Temporary password has expired and must be reset by an administrator.",
                )),
                Verdict::ResetRequired => Err(Fault::client(
                    "PasswordResetRequiredException",
                    "Password reset required for the user",
                )),
                verdict => Ok(verdict),
            }
        })?;
        match verdict {
            Verdict::NewPassword(person) => self.owed_password(person),
            Verdict::Known(person) => self.go_on(person).await,
            _ => Err(not_authorized("Incorrect username or password.")),
        }
    }

    async fn refresh(&self) -> Result<Value, Fault> {
        let token = self.parameter("REFRESH_TOKEN")?;
        self.read(|_, client| {
            if renewal::rotates(client) {
                return Err(invalid(
                    "Refresh token rotation is enabled for this client, use GetTokensFromRefreshToken",
                ));
            }
            check_flow(client, &["ALLOW_REFRESH_TOKEN_AUTH"])?;
            let token = client.issued.refresh_tokens.get(&digest(token));
            let grant = &token.ok_or_else(|| not_authorized("Invalid Refresh Token"))?.grant;
            // The hash is over the name of the user, which here may be the `sub`.
            self.check_secret_hash(client, &grant.user)
                .or_else(|_| self.check_secret_hash(client, &grant.sub))
        })?;
        let draw = Draw::new(self.local);
        let (unsigned, _) = renewal::renew(self.local, (&self.pool, self.client_id), token, &draw)
            .map_err(|_over| not_authorized("Invalid Refresh Token"))?;
        self.result(unsigned, None).await
    }

    async fn new_password(&self, session: &str) -> Result<Value, Fault> {
        let (name, password) = (self.parameter("USERNAME")?, self.parameter("NEW_PASSWORD")?);
        self.read(|_, client| self.check_secret_hash(client, name))?;
        let answered =
            credentials::answer(self.local, (&self.pool, self.client_id), session, password);
        let person = answered.map_err(|unanswered| match unanswered {
            Unanswered::NoChallenge => not_authorized("Invalid session for the user."),
            Unanswered::Policy(fault) => fault,
            Unanswered::WrongCode => code_mismatch(),
        })?;
        self.go_on(person).await
    }

    async fn code(&self, session: &str) -> Result<Value, Fault> {
        let (name, code) =
            (self.parameter("USERNAME")?, self.parameter("SOFTWARE_TOKEN_MFA_CODE")?);
        self.read(|_, client| self.check_secret_hash(client, name))?;
        let answered =
            credentials::answer_code(self.local, (&self.pool, self.client_id), session, code);
        let person = answered.map_err(|unanswered| match unanswered {
            Unanswered::NoChallenge => not_authorized("Invalid session for the user."),
            Unanswered::Policy(fault) => fault,
            Unanswered::WrongCode => code_mismatch(),
        })?;
        self.tokens(person).await
    }

    /// A person whose password is right: on to the second factor, or in.
    async fn go_on(&self, person: Person) -> Result<Value, Fault> {
        match credentials::owes(self.local, &self.pool, &person) {
            None => self.tokens(person).await,
            Some(Owes::Enrolment { .. }) => Err(Fault::new(
                501,
                "NotImplemented",
                "the local AWS enrols authenticator apps at its sign-in page only",
            )),
            Some(owes) => {
                let user = person.user.clone();
                let session = self.challenge(person, owes);
                Ok(json!({
                    "ChallengeName": "SOFTWARE_TOKEN_MFA",
                    "Session": session,
                    "ChallengeParameters": { "USER_ID_FOR_SRP": user },
                }))
            }
        }
    }

    /// The session of a new challenge.
    fn challenge(&self, person: Person, owes: Owes) -> String {
        let secret = self.local.random_id(ALPHANUMERIC, 128);
        let now = self.local.now_ms();
        self.local.edit(|account| {
            if let Some(client) = directory::client_mut(account, &self.pool, self.client_id) {
                credentials::challenge(client, person, owes, &secret, now);
            }
        });
        secret
    }

    fn owed_password(&self, person: Person) -> Result<Value, Fault> {
        let attributes = self.read(|pool, _| {
            let user = pool.signed_in(&person.user, &person.sub);
            let mut attributes = user.map(|user| user.attributes.clone()).unwrap_or_default();
            attributes.shift_remove("sub");
            Ok(json!(attributes).to_string())
        })?;
        let user = person.user.clone();
        let secret = self.challenge(person, Owes::NewPassword);
        Ok(json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "Session": secret,
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": user,
                "requiredAttributes": "[]",
                "userAttributes": attributes,
            },
        }))
    }

    /// A new sign-in's tokens.
    async fn tokens(&self, person: Person) -> Result<Value, Fault> {
        let now = self.local.now_ms();
        let refresh_token = renewal::secret(self.local);
        let draw = Draw::new(self.local);
        let origin = self.local.inner().random.uuid();
        let Person { user, sub } = person;
        let grant = Grant {
            user,
            sub,
            scopes: vec![SCOPE.to_owned()],
            auth_time: now / 1000,
            origin,
            resource: None,
        };
        let unsigned = self.local.edit(|account| {
            let client = directory::client_mut(account, &self.pool, self.client_id)?;
            renewal::keep(client, &refresh_token, grant.clone(), now);
            let pool = directory::pool(account, &self.pool)?;
            token_endpoint::person(pool, self.client_id, &grant, None, (now, &draw))
        });
        let unsigned = unsigned.ok_or_else(|| no_client(self.client_id))?;
        self.result(unsigned, Some(refresh_token)).await
    }

    async fn result(
        &self,
        unsigned: Unsigned,
        refresh_token: Option<String>,
    ) -> Result<Value, Fault> {
        let key = keys::of_pool(self.local, &self.pool).await;
        let (_, key) = key.ok_or_else(|| no_client(self.client_id))?;
        let expires_in = unsigned.expires_in;
        let signed = unsigned.sign(&key);
        let mut result = json!({
            "AccessToken": signed.access,
            "ExpiresIn": expires_in,
            "TokenType": "Bearer",
        });
        for (name, token) in [("IdToken", signed.id), ("RefreshToken", refresh_token)] {
            if let Some(token) = token {
                result[name] = json!(token);
            }
        }
        Ok(json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
    }

    /// A client with a secret proves it by a hash over the user name and its own id.
    fn check_secret_hash(&self, client: &Client, name: &str) -> Result<(), Fault> {
        let Some(secret) = &client.secret else { return Ok(()) };
        let given = text(self.parameters, "SECRET_HASH");
        if given.is_empty() {
            return Err(not_authorized(format!(
                "Client {} is configured with secret but SECRET_HASH was not received",
                self.client_id
            )));
        }
        let mut hash =
            Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
        hash.update(name.as_bytes());
        hash.update(self.client_id.as_bytes());
        BASE64_STANDARD
            .decode(given)
            .ok()
            .and_then(|given| hash.verify_slice(&given).ok())
            .ok_or_else(|| {
                not_authorized(format!(
                    "Unable to verify secret hash for client {}",
                    self.client_id
                ))
            })
    }
}

/// Whether the client may use one of these flows. The list that a client has when it was given
/// none holds the last of the names.
fn check_flow(client: &Client, names: &[&str]) -> Result<(), Fault> {
    const DEFAULT: [&str; 3] =
        ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"];
    let mut allowed = texts(&client.settings, "ExplicitAuthFlows");
    if allowed.is_empty() {
        allowed = DEFAULT.to_vec();
    }
    if names.iter().any(|name| allowed.contains(name)) {
        return Ok(());
    }
    let name = names.first().map(|name| name.trim_start_matches("ALLOW_")).unwrap_or_default();
    Err(invalid(format!("{name} flow not enabled for this client")))
}

fn code_mismatch() -> Fault {
    Fault::client("CodeMismatchException", "Invalid code received for user")
}

fn not_authorized(message: impl Into<String>) -> Fault {
    Fault::client("NotAuthorizedException", message)
}

fn no_client(id: &str) -> Fault {
    not_found(format!("User pool client {id} does not exist."))
}
