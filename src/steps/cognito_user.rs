//! The first person of a user pool, so that somebody can sign in.
//!
//! - Name: the email address, by which Cognito finds a user of a pool that signs in with it.
//! - Found: by pool and email address, one call.
//! - Proven ours: it has no tags; everybody of our pool is ours to see. Whom construct made has the profile
//!   [`FIRST_USER`], and only such an account is ever changed or removed.
//! - In doubt: the address is unique. Two of ours: cannot be.
//! - Owned set: people go with their pool, so there is nothing to list.
//! - Secret: the password comes from its source, from Cognito's invitation, or on the local AWS from a random source and then
//!   is told once. It is in no spec, no output and no error; it cannot be read back, so a changed one is not noticed:
//!   `construct users reset` sets another.
//! - Protect: the pool's loss counts people.
//! - Replace: never; another address is another person, and the account before stays.
//! - Update that resets: none; a first user whose password was never set (a run that was cut) gets it.
//!
//! API: Amazon Cognito user pools API reference, `AdminCreateUser`, `AdminSetUserPassword`.

use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, DeliveryMediumType, MessageActionType, UserStatusType,
};
use construct_engine::{Address, Change, Class, Cx, Diff, Found, Loss, Presence, Step, StepError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::cognito_user_pool::FIRST_USER;
use super::secret_values::value_of;
use crate::cloud::{Cloud, classify, is_not_found};
use crate::manifest::SecretReference;

/// Characters of a made password, out of 64 kinds: 144 bits. More where the pool asks for more.
const PASSWORD_LENGTH: usize = 24;

/// The first person of a pool.
pub struct User;

/// What the user decided about the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The address to sign in with.
    pub email: String,
    /// Where the password comes from. None: an invitation by mail, and on the local AWS a made one.
    pub password: Option<SecretReference>,
    /// The shortest password of the pool, for a made one.
    pub password_minimum_length: u32,
}

/// What other nodes produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The pool's id.
    pub pool_id: String,
}

/// What others need of the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The pool's id.
    pub pool_id: String,
    /// Cognito's name for the account, which is not the address.
    pub username: String,
}

/// The account as Cognito describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pool_id: String,
    username: String,
    /// Made by construct, and the password that it should have was never set.
    lacks_password: bool,
}

struct Account {
    username: String,
    first: bool,
    must_change: bool,
}

async fn get(cx: &Cx<'_, Cloud>, pool_id: &str, name: &str) -> Result<Option<Account>, StepError> {
    match cx.cloud.cognito.admin_get_user().user_pool_id(pool_id).username(name).send().await {
        Ok(user) => Ok(Some(Account {
            first: is_first(user.user_attributes()),
            must_change: user.user_status == Some(UserStatusType::ForceChangePassword),
            username: user.username,
        })),
        Err(error) => match classify("AdminGetUser", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// Whether construct made the account of these attributes together with its pool.
pub fn is_first(attributes: &[AttributeType]) -> bool {
    let first = |attribute: &AttributeType| {
        attribute.name() == "profile" && attribute.value() == Some(FIRST_USER)
    };
    attributes.iter().any(first)
}

/// An attribute in the API's type.
///
/// # Errors
/// Never, with a name and a value.
pub fn attribute(name: &str, value: &str) -> Result<AttributeType, StepError> {
    let built = AttributeType::builder().name(name).value(value).build();
    built.map_err(|error| StepError::bug(format!("an attribute lacks a member: {error}")))
}

/// Whether the account gets its password from us: else Cognito mails an invitation.
fn sets_password(spec: &Spec, local: bool) -> bool {
    local || spec.password.is_some()
}

/// Sets the password for good; a made one is told, here and nowhere else.
async fn set_password(
    cx: &Cx<'_, Cloud>,
    spec: &Spec,
    pool_id: &str,
    username: &str,
) -> Result<(), StepError> {
    // On the local AWS a password that nobody gave is made, like one that nobody asked for.
    let usable = |reference: &&SecretReference| {
        let read_later = matches!(reference, SecretReference::Secret(_));
        !cx.cloud.local || read_later || cx.cloud.secrets.get(reference).is_some()
    };
    let (password, made) = match spec.password.as_ref().filter(usable) {
        Some(reference) => (given(cx, reference).await?, false),
        None => (generated(spec.password_minimum_length), true),
    };
    cx.cloud
        .cognito
        .admin_set_user_password()
        .user_pool_id(pool_id)
        .username(username)
        .password(password.expose_secret())
        .permanent(true)
        .send()
        .await
        .map_err(|error| classify("AdminSetUserPassword", error))?;
    if made {
        // An event may end up in a file: the password goes to the terminal by another way.
        cx.cloud.secrets.keep_made(&spec.email, password);
    }
    Ok(())
}

/// The password at `reference`.
async fn given(cx: &Cx<'_, Cloud>, reference: &SecretReference) -> Result<SecretString, StepError> {
    value_of(cx, reference).await?.ok_or_else(|| {
        StepError::new(
            Class::Invalid,
            format!("the first user's password was not given: {reference}"),
        )
        .hint("give it, or leave it out of the manifest to have Cognito mail an invitation")
    })
}

/// A random password with a small letter, a capital, a digit and a symbol, whatever a pool asks for, and at least `minimum`
/// characters.
pub fn generated(minimum: u32) -> SecretString {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    loop {
        let length = usize::try_from(minimum).unwrap_or_default().max(PASSWORD_LENGTH);
        let mut bytes = vec![0_u8; length];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        let text: String =
            bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 63)])).collect();
        let has = |kind: fn(&char) -> bool| text.chars().any(|letter| kind(&letter));
        let symbol = text.contains(['-', '_']);
        if symbol
            && has(char::is_ascii_lowercase)
            && has(char::is_ascii_uppercase)
            && has(char::is_ascii_digit)
        {
            return SecretString::from(text);
        }
    }
}

impl Step<Cloud> for User {
    const KIND: &'static str = "cognito.user";
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let pool_id = links.map(|links| &links.pool_id).or(last.map(|last| &last.pool_id));
        let Some(pool_id) = pool_id else { return Ok(Presence::Absent) };
        let Some(account) = get(cx, pool_id, &spec.email).await? else {
            return Ok(Presence::Absent);
        };
        Ok(Presence::Ours(Live {
            pool_id: pool_id.clone(),
            lacks_password: account.first
                && account.must_change
                && sets_password(spec, cx.cloud.local),
            username: account.username,
        }))
    }

    fn diff(_spec: &Spec, _links: Option<&Links>, live: &Live) -> Diff {
        Diff::of(Change::between("HasPassword", &!live.lacks_password, &true).into_iter().collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let set = sets_password(spec, cx.cloud.local);
        let request = cx
            .cloud
            .cognito
            .admin_create_user()
            .user_pool_id(&links.pool_id)
            .username(&spec.email)
            .user_attributes(attribute("email", &spec.email)?)
            .user_attributes(attribute("email_verified", "true")?)
            .user_attributes(attribute("profile", FIRST_USER)?);
        let request = if set {
            request.message_action(MessageActionType::Suppress)
        } else {
            request.desired_delivery_mediums(DeliveryMediumType::Email)
        };
        let answer = request.send().await.map_err(|error| classify("AdminCreateUser", error))?;
        let username = answer.user.and_then(|user| user.username);
        let username =
            username.ok_or_else(|| StepError::bug("Cognito answered without the user's name"))?;
        if set {
            set_password(cx, spec, &links.pool_id, &username).await?;
        } else {
            cx.notice(format!(
                "Cognito mails {} an invitation with a password to begin with",
                spec.email
            ));
        }
        Ok(Live { pool_id: links.pool_id.clone(), username, lacks_password: false })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &Links,
        live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        set_password(cx, spec, &live.pool_id, &live.username).await?;
        Ok(Live { lacks_password: false, ..live })
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        // Somebody who was there before construct came stays.
        let account = get(cx, &outputs.pool_id, &outputs.username).await?;
        if !account.is_some_and(|account| account.first) {
            return Ok(());
        }
        let request = cx.cloud.cognito.admin_delete_user().user_pool_id(&outputs.pool_id);
        match request.username(&outputs.username).send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("AdminDeleteUser", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { pool_id: live.pool_id.clone(), username: live.username.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.pool_id, outputs.username)
    }

    async fn discover(
        _cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        Ok(Vec::new())
    }

    async fn loss(_cx: &Cx<'_, Cloud>, _outputs: &Outputs) -> Result<Option<Loss>, StepError> {
        Ok(Some(Loss { what: "the account of the first user".to_owned(), needs_consent: false }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_password_is_a_difference() {
        let spec =
            Spec { email: "ada@example.com".into(), password: None, password_minimum_length: 12 };
        let live = |lacks_password| Live {
            pool_id: "us-west-2_a".into(),
            username: "6f1c".into(),
            lacks_password,
        };
        assert_eq!(User::diff(&spec, None, &live(false)), Diff::Same);
        let Diff::Update(changes) = User::diff(&spec, None, &live(true)) else {
            panic!("a password can be set");
        };
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].field, "HasPassword");
    }

    #[test]
    fn passwords_are_set_where_nobody_is_invited() {
        let mut spec =
            Spec { email: "ada@example.com".into(), password: None, password_minimum_length: 12 };
        assert!(sets_password(&spec, true) && !sets_password(&spec, false));
        spec.password = Some(SecretReference::Env("FIRST_PASSWORD".into()));
        assert!(sets_password(&spec, false));
    }

    #[test]
    fn made_passwords_differ_and_have_every_kind() {
        let (one, two) = (generated(12), generated(12));
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert_eq!(one.expose_secret().len(), PASSWORD_LENGTH);
        assert!(one.expose_secret().chars().any(|letter| letter.is_ascii_digit()));
        assert!(one.expose_secret().chars().any(|letter| letter.is_ascii_uppercase()));
        assert_eq!(generated(99).expose_secret().len(), 99);
    }

    #[test]
    fn the_first_user_is_known_by_the_profile() {
        let first = attribute("profile", FIRST_USER).unwrap();
        let other = attribute("profile", "https://example.com/ada").unwrap();
        assert!(is_first(&[other.clone(), first]) && !is_first(&[other]));
    }
}
