//! The people of a user pool: the calls behind `construct users`. Nobody here is an object of a graph.

use aws_sdk_cognitoidentityprovider::primitives::DateTime;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, DeliveryMediumType, MessageActionType, UserStatusType, UserType,
};
use construct_engine::StepError;
use secrecy::{ExposeSecret, SecretString};

use crate::cloud::{Cloud, classify, is_not_found};
use crate::steps::cognito_user::{attribute, is_first};

/// People in one page of `ListUsers`: the most that Cognito gives.
const PAGE: i32 = 60;

/// The people of a pool.
pub struct People {
    /// The account.
    pub cloud: Cloud,
    /// The pool.
    pub pool_id: String,
}

/// Somebody who has an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Cognito's name for the account.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// How far the account is.
    pub status: Status,
    /// Whether the person may sign in.
    pub enabled: bool,
    /// Whether construct made the account together with the pool.
    pub first: bool,
    /// When the account was made, in UTC.
    pub created: String,
}

impl Person {
    /// The e-mail address, or the account's name where there is none.
    pub fn name(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.username)
    }
}

/// How far an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The person signs in with a password of their own.
    Confirmed,
    /// The invitation's password was not changed yet.
    Invited,
    /// The person must choose another password first.
    MustReset,
    /// The person signs in at another identity provider.
    External,
    /// Another one, in Cognito's word.
    Other(String),
}

impl Status {
    fn of(status: Option<&UserStatusType>) -> Self {
        match status {
            Some(UserStatusType::Confirmed) => Self::Confirmed,
            Some(UserStatusType::ForceChangePassword) => Self::Invited,
            Some(UserStatusType::ResetRequired) => Self::MustReset,
            Some(UserStatusType::ExternalProvider) => Self::External,
            other => Self::Other(other.map_or("UNKNOWN", UserStatusType::as_str).to_owned()),
        }
    }

    /// Cognito's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::Invited => "FORCE_CHANGE_PASSWORD",
            Self::MustReset => "RESET_REQUIRED",
            Self::External => "EXTERNAL_PROVIDER",
            Self::Other(word) => word,
        }
    }

    /// The status in people's words.
    pub fn words(&self) -> &str {
        match self {
            Self::Confirmed => "may sign in",
            Self::Invited => "invited",
            Self::MustReset => "must reset the password",
            Self::External => "signs in elsewhere",
            Self::Other(word) => word,
        }
    }
}

fn email_of(attributes: &[AttributeType]) -> Option<String> {
    let email = attributes.iter().find(|attribute| attribute.name() == "email")?;
    email.value().map(str::to_owned)
}

fn created(date: Option<&DateTime>) -> String {
    let stamp = date.and_then(|date| jiff::Timestamp::from_second(date.secs()).ok());
    stamp.map_or_else(String::new, |stamp| stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn listed(user: UserType) -> Option<Person> {
    Some(Person {
        email: email_of(user.attributes()),
        status: Status::of(user.user_status.as_ref()),
        enabled: user.enabled,
        first: is_first(user.attributes()),
        created: created(user.user_create_date.as_ref()),
        username: user.username?,
    })
}

impl People {
    /// Everybody, by name.
    ///
    /// # Errors
    /// What Cognito refuses.
    pub async fn list(&self) -> Result<Vec<Person>, StepError> {
        let request = self.cloud.cognito.list_users().user_pool_id(&self.pool_id).limit(PAGE);
        let mut users = request.into_paginator().items().send();
        let mut people = Vec::new();
        while let Some(user) = users.next().await {
            people.extend(listed(user.map_err(|error| classify("ListUsers", error))?));
        }
        people.sort_by(|one, other| one.name().cmp(other.name()));
        Ok(people)
    }

    /// Somebody by e-mail address or by Cognito's name.
    ///
    /// # Errors
    /// What Cognito refuses, but for a name that it does not know.
    pub async fn get(&self, who: &str) -> Result<Option<Person>, StepError> {
        let request = self.cloud.cognito.admin_get_user().user_pool_id(&self.pool_id);
        match request.username(who).send().await {
            Ok(user) => Ok(Some(Person {
                email: email_of(user.user_attributes()),
                status: Status::of(user.user_status.as_ref()),
                enabled: user.enabled,
                first: is_first(user.user_attributes()),
                created: created(user.user_create_date.as_ref()),
                username: user.username,
            })),
            Err(error) => match classify("AdminGetUser", error) {
                error if is_not_found(&error) => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Adds somebody, to whom Cognito mails a password to begin with.
    ///
    /// # Errors
    /// A conflict for an address that is taken; what else Cognito refuses.
    pub async fn invite(&self, email: &str) -> Result<(), StepError> {
        let request = self
            .cloud
            .cognito
            .admin_create_user()
            .user_pool_id(&self.pool_id)
            .username(email)
            .user_attributes(attribute("email", email)?)
            .user_attributes(attribute("email_verified", "true")?)
            .desired_delivery_mediums(DeliveryMediumType::Email);
        request.send().await.map_err(|error| classify("AdminCreateUser", error))?;
        Ok(())
    }

    /// Mails the invitation again.
    ///
    /// # Errors
    /// What Cognito refuses.
    pub async fn invite_again(&self, person: &Person) -> Result<(), StepError> {
        let request = self
            .cloud
            .cognito
            .admin_create_user()
            .user_pool_id(&self.pool_id)
            .username(&person.username)
            .message_action(MessageActionType::Resend)
            .desired_delivery_mediums(DeliveryMediumType::Email);
        request.send().await.map_err(|error| classify("AdminCreateUser", error))?;
        Ok(())
    }

    /// Adds somebody with a password to keep, and mails nothing.
    ///
    /// The password goes along when the account is made: one that the pool does not take leaves nothing behind.
    ///
    /// # Errors
    /// A conflict for an address that is taken; what else Cognito refuses.
    pub async fn add(&self, email: &str, password: &SecretString) -> Result<(), StepError> {
        let request = self
            .cloud
            .cognito
            .admin_create_user()
            .user_pool_id(&self.pool_id)
            .username(email)
            .user_attributes(attribute("email", email)?)
            .user_attributes(attribute("email_verified", "true")?)
            .temporary_password(password.expose_secret())
            .message_action(MessageActionType::Suppress);
        request.send().await.map_err(|error| classify("AdminCreateUser", error))?;
        self.set_password(email, password).await
    }

    /// Sets a password for good.
    ///
    /// # Errors
    /// What Cognito refuses, such as a password against the pool's policy.
    pub async fn set_password(&self, who: &str, password: &SecretString) -> Result<(), StepError> {
        let request = self.cloud.cognito.admin_set_user_password().user_pool_id(&self.pool_id);
        let request = request.username(who).password(password.expose_secret()).permanent(true);
        request.send().await.map_err(|error| classify("AdminSetUserPassword", error))?;
        Ok(())
    }

    /// Takes the password away, and mails a code with which to choose another.
    ///
    /// # Errors
    /// What Cognito refuses.
    pub async fn mail_code(&self, person: &Person) -> Result<(), StepError> {
        let request = self.cloud.cognito.admin_reset_user_password().user_pool_id(&self.pool_id);
        let sent = request.username(&person.username).send().await;
        sent.map_err(|error| classify("AdminResetUserPassword", error))?;
        Ok(())
    }

    /// Lets somebody sign in, or not.
    ///
    /// # Errors
    /// What Cognito refuses.
    pub async fn set_enabled(&self, person: &Person, enabled: bool) -> Result<(), StepError> {
        let (cognito, name) = (&self.cloud.cognito, &person.username);
        if enabled {
            let request = cognito.admin_enable_user().user_pool_id(&self.pool_id).username(name);
            request.send().await.map_err(|error| classify("AdminEnableUser", error))?;
        } else {
            let request = cognito.admin_disable_user().user_pool_id(&self.pool_id).username(name);
            request.send().await.map_err(|error| classify("AdminDisableUser", error))?;
        }
        Ok(())
    }

    /// Removes an account; one that is gone already is a success.
    ///
    /// # Errors
    /// What Cognito refuses.
    pub async fn remove(&self, person: &Person) -> Result<(), StepError> {
        let request = self.cloud.cognito.admin_delete_user().user_pool_id(&self.pool_id);
        match request.username(&person.username).send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("AdminDeleteUser", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
    }

    /// The shortest password that the pool takes.
    ///
    /// # Errors
    /// What Cognito refuses.
    pub async fn shortest(&self) -> Result<u32, StepError> {
        let request = self.cloud.cognito.describe_user_pool().user_pool_id(&self.pool_id);
        let answer = request.send().await.map_err(|error| classify("DescribeUserPool", error))?;
        let policy = answer.user_pool.and_then(|pool| pool.policies?.password_policy);
        let length = policy.and_then(|policy| policy.minimum_length).unwrap_or_default();
        Ok(u32::try_from(length).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_by_address_and_the_first_one_by_the_mark() {
        let user = UserType::builder()
            .username("6f1c")
            .attributes(attribute("email", "ada@example.com").unwrap())
            .enabled(true)
            .user_status(UserStatusType::ForceChangePassword)
            .user_create_date(DateTime::from_secs(0))
            .build();
        let person = listed(user).unwrap();
        assert_eq!((person.name(), person.first), ("ada@example.com", false));
        assert_eq!(
            (person.status.words(), person.status.as_str()),
            ("invited", "FORCE_CHANGE_PASSWORD")
        );
        assert_eq!(person.created, "1970-01-01T00:00:00Z");
        let nameless = Person { email: None, ..person };
        assert_eq!(nameless.name(), "6f1c");
    }
}
