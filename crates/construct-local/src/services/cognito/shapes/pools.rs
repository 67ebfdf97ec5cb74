//! User pools and their tags.

use super::{ARN, FLAG, NAME, POOL, TOKEN};
use crate::services::shape::{Kind, Member, optional, required};

const FREE: Kind = Kind::Text(0, 131_072, None);
const TAGS: Kind = Kind::Map(50, &Kind::Text(0, 256, None));
const CONTACT: Kind = Kind::List(0, 2, &Kind::Choice(&["phone_number", "email"]));
const CODE_MESSAGE: Kind = Kind::Text(6, 140, Some(r".*\{####\}.*"));
const EMAIL_CODE: Kind = Kind::Text(
    6,
    20_000,
    Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"),
);
const EMAIL_LINK: Kind = Kind::Text(
    6,
    20_000,
    Some(
        r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{##[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*##\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*",
    ),
);
const EMAIL_SUBJECT: Kind = Kind::Text(1, 140, Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s]+"));

const PASSWORD_POLICY: Kind = Kind::Structure(&[
    optional("MinimumLength", Kind::Integer(6, 99)),
    optional("RequireUppercase", FLAG),
    optional("RequireLowercase", FLAG),
    optional("RequireNumbers", FLAG),
    optional("RequireSymbols", FLAG),
    optional("PasswordHistorySize", Kind::Integer(0, 24)),
    optional("TemporaryPasswordValidityDays", Kind::Integer(0, 365)),
]);
const POLICIES: Member = optional(
    "Policies",
    Kind::Structure(&[
        optional("PasswordPolicy", PASSWORD_POLICY),
        optional(
            "SignInPolicy",
            Kind::Structure(&[optional(
                "AllowedFirstAuthFactors",
                Kind::List(
                    1,
                    5,
                    &Kind::Choice(&[
                        "PASSWORD",
                        "EMAIL_OTP",
                        "SMS_OTP",
                        "WEB_AUTHN",
                        "SOFTWARE_TOKEN",
                    ]),
                ),
            )]),
        ),
    ]),
);
const LAMBDA_CONFIG: Member = optional(
    "LambdaConfig",
    Kind::Structure(&[
        optional("PreSignUp", ARN),
        optional("CustomMessage", ARN),
        optional("PostConfirmation", ARN),
        optional("PreAuthentication", ARN),
        optional("PostAuthentication", ARN),
        optional("DefineAuthChallenge", ARN),
        optional("CreateAuthChallenge", ARN),
        optional("VerifyAuthChallengeResponse", ARN),
        optional("PreTokenGeneration", ARN),
        optional("UserMigration", ARN),
        optional(
            "PreTokenGenerationConfig",
            Kind::Structure(&[
                required("LambdaVersion", Kind::Choice(&["V1_0", "V2_0", "V3_0"])),
                required("LambdaArn", ARN),
            ]),
        ),
        optional("KMSKeyID", ARN),
    ]),
);
const VERIFICATION_TEMPLATE: Member = optional(
    "VerificationMessageTemplate",
    Kind::Structure(&[
        optional("SmsMessage", CODE_MESSAGE),
        optional("EmailMessage", EMAIL_CODE),
        optional("EmailSubject", EMAIL_SUBJECT),
        optional("EmailMessageByLink", EMAIL_LINK),
        optional("EmailSubjectByLink", EMAIL_SUBJECT),
        optional("DefaultEmailOption", Kind::Choice(&["CONFIRM_WITH_LINK", "CONFIRM_WITH_CODE"])),
    ]),
);
const EMAIL_CONFIGURATION: Member = optional(
    "EmailConfiguration",
    Kind::Structure(&[
        optional("SourceArn", ARN),
        optional("ReplyToEmailAddress", FREE),
        optional("EmailSendingAccount", Kind::Choice(&["COGNITO_DEFAULT", "DEVELOPER"])),
        optional("From", FREE),
        optional("ConfigurationSet", Kind::Text(1, 64, Some("[a-zA-Z0-9_-]+"))),
    ]),
);
const SMS_CONFIGURATION: Member = optional(
    "SmsConfiguration",
    Kind::Structure(&[
        required("SnsCallerArn", ARN),
        optional("ExternalId", FREE),
        optional("SnsRegion", Kind::Text(5, 32, None)),
    ]),
);
const ADMIN_CREATE: Member = optional(
    "AdminCreateUserConfig",
    Kind::Structure(&[
        optional("AllowAdminCreateUserOnly", FLAG),
        optional("UnusedAccountValidityDays", Kind::Integer(0, 365)),
        optional(
            "InviteMessageTemplate",
            Kind::Structure(&[
                optional("SMSMessage", Kind::Text(6, 140, None)),
                optional("EmailMessage", Kind::Text(6, 20_000, None)),
                optional("EmailSubject", EMAIL_SUBJECT),
            ]),
        ),
    ]),
);
const RECOVERY: Member = optional(
    "AccountRecoverySetting",
    Kind::Structure(&[optional(
        "RecoveryMechanisms",
        Kind::List(
            1,
            2,
            &Kind::Structure(&[
                required("Priority", Kind::Integer(1, 2)),
                required(
                    "Name",
                    Kind::Choice(&["verified_email", "verified_phone_number", "admin_only"]),
                ),
            ]),
        ),
    )]),
);
const ADD_ONS: Member = optional(
    "UserPoolAddOns",
    Kind::Structure(&[
        required("AdvancedSecurityMode", Kind::Choice(&["OFF", "AUDIT", "ENFORCED"])),
        optional(
            "AdvancedSecurityAdditionalFlows",
            Kind::Structure(&[optional("CustomAuthMode", Kind::Choice(&["AUDIT", "ENFORCED"]))]),
        ),
    ]),
);
const DEVICES: Member = optional(
    "DeviceConfiguration",
    Kind::Structure(&[
        optional("ChallengeRequiredOnNewDevice", FLAG),
        optional("DeviceOnlyRememberedOnUserPrompt", FLAG),
    ]),
);
const UPDATE_SETTINGS: Member = optional(
    "UserAttributeUpdateSettings",
    Kind::Structure(&[optional("AttributesRequireVerificationBeforeUpdate", CONTACT)]),
);
const PROTECTION: Member = optional("DeletionProtection", Kind::Choice(&["ACTIVE", "INACTIVE"]));
const MFA: Member = optional("MfaConfiguration", Kind::Choice(&["OFF", "ON", "OPTIONAL"]));
const TIER: Member = optional("UserPoolTier", Kind::Choice(&["LITE", "ESSENTIALS", "PLUS"]));
const AUTO_VERIFIED: Member = optional("AutoVerifiedAttributes", CONTACT);
const SMS_VERIFICATION: Member = optional("SmsVerificationMessage", CODE_MESSAGE);
const EMAIL_VERIFICATION: Member = optional("EmailVerificationMessage", EMAIL_CODE);
const EMAIL_VERIFICATION_SUBJECT: Member = optional("EmailVerificationSubject", EMAIL_SUBJECT);
const SMS_AUTHENTICATION: Member = optional("SmsAuthenticationMessage", CODE_MESSAGE);

const ATTRIBUTE: Kind = Kind::Structure(&[
    optional("Name", Kind::Text(1, 20, Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"))),
    optional("AttributeDataType", Kind::Choice(&["String", "Number", "DateTime", "Boolean"])),
    optional("DeveloperOnlyAttribute", FLAG),
    optional("Mutable", FLAG),
    optional("Required", FLAG),
    optional(
        "NumberAttributeConstraints",
        Kind::Structure(&[optional("MinValue", FREE), optional("MaxValue", FREE)]),
    ),
    optional(
        "StringAttributeConstraints",
        Kind::Structure(&[optional("MinLength", FREE), optional("MaxLength", FREE)]),
    ),
]);

pub(in crate::services::cognito) const CREATE_POOL: &[Member] = &[
    required("PoolName", NAME),
    POLICIES,
    PROTECTION,
    LAMBDA_CONFIG,
    AUTO_VERIFIED,
    optional(
        "AliasAttributes",
        Kind::List(0, 3, &Kind::Choice(&["phone_number", "email", "preferred_username"])),
    ),
    optional("UsernameAttributes", CONTACT),
    SMS_VERIFICATION,
    EMAIL_VERIFICATION,
    EMAIL_VERIFICATION_SUBJECT,
    VERIFICATION_TEMPLATE,
    SMS_AUTHENTICATION,
    MFA,
    UPDATE_SETTINGS,
    DEVICES,
    EMAIL_CONFIGURATION,
    SMS_CONFIGURATION,
    optional("UserPoolTags", TAGS),
    ADMIN_CREATE,
    optional("Schema", Kind::List(1, 50, &ATTRIBUTE)),
    ADD_ONS,
    optional("UsernameConfiguration", Kind::Structure(&[required("CaseSensitive", FLAG)])),
    RECOVERY,
    TIER,
];

pub(in crate::services::cognito) const UPDATE_POOL: &[Member] = &[
    POOL,
    POLICIES,
    PROTECTION,
    LAMBDA_CONFIG,
    AUTO_VERIFIED,
    SMS_VERIFICATION,
    EMAIL_VERIFICATION,
    EMAIL_VERIFICATION_SUBJECT,
    VERIFICATION_TEMPLATE,
    SMS_AUTHENTICATION,
    UPDATE_SETTINGS,
    MFA,
    DEVICES,
    EMAIL_CONFIGURATION,
    SMS_CONFIGURATION,
    optional("UserPoolTags", TAGS),
    ADMIN_CREATE,
    ADD_ONS,
    RECOVERY,
    optional("PoolName", NAME),
    TIER,
];

pub(in crate::services::cognito) const POOL_ONLY: &[Member] = &[POOL];

pub(in crate::services::cognito) const LIST_POOLS: &[Member] =
    &[optional("NextToken", TOKEN), required("MaxResults", Kind::Integer(1, 60))];

pub(in crate::services::cognito) const SET_MFA: &[Member] = &[
    POOL,
    optional("SoftwareTokenMfaConfiguration", Kind::Structure(&[optional("Enabled", FLAG)])),
    optional(
        "SmsMfaConfiguration",
        Kind::Structure(&[optional("SmsAuthenticationMessage", CODE_MESSAGE), SMS_CONFIGURATION]),
    ),
    MFA,
];

pub(in crate::services::cognito) const TAG: &[Member] =
    &[required("ResourceArn", ARN), required("Tags", TAGS)];
pub(in crate::services::cognito) const UNTAG: &[Member] = &[
    required("ResourceArn", ARN),
    required("TagKeys", Kind::List(0, 50, &Kind::Text(1, 128, None))),
];
pub(in crate::services::cognito) const LIST_TAGS: &[Member] = &[required("ResourceArn", ARN)];
