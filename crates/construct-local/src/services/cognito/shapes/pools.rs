//! User pools and their tags.

use super::{ARN, FLAG, NAME, POOL, TOKEN};
use crate::services::shape::{ANY, Member, OPTIONAL, REQUIRED, Shape, TEXT};

const FREE: Shape = Shape::Text(0, 131_072, ANY);
const TAGS: Shape = Shape::Map(&TEXT, &Shape::Text(0, 256, ANY), 0, 50);
const CONTACT: Shape = Shape::List(&Shape::Enum(&["phone_number", "email"]), 0, 2);
const CODE_MESSAGE: Shape = Shape::Text(6, 140, r".*\{####\}.*");
const EMAIL_CODE: Shape = Shape::Text(
    6,
    20_000,
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*",
);
const EMAIL_LINK: Shape = Shape::Text(
    6,
    20_000,
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{##[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*##\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*",
);
const EMAIL_SUBJECT: Shape = Shape::Text(1, 140, r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s]+");

const PASSWORD_POLICY: Shape = Shape::Record(&[
    ("MinimumLength", OPTIONAL, &Shape::Integer(6, 99)),
    ("RequireUppercase", OPTIONAL, &FLAG),
    ("RequireLowercase", OPTIONAL, &FLAG),
    ("RequireNumbers", OPTIONAL, &FLAG),
    ("RequireSymbols", OPTIONAL, &FLAG),
    ("PasswordHistorySize", OPTIONAL, &Shape::Integer(0, 24)),
    ("TemporaryPasswordValidityDays", OPTIONAL, &Shape::Integer(0, 365)),
]);
const POLICIES: Member = (
    "Policies",
    OPTIONAL,
    &Shape::Record(&[
        ("PasswordPolicy", OPTIONAL, &PASSWORD_POLICY),
        (
            "SignInPolicy",
            OPTIONAL,
            &Shape::Record(&[(
                "AllowedFirstAuthFactors",
                OPTIONAL,
                &Shape::List(
                    &Shape::Enum(&[
                        "PASSWORD",
                        "EMAIL_OTP",
                        "SMS_OTP",
                        "WEB_AUTHN",
                        "SOFTWARE_TOKEN",
                    ]),
                    1,
                    5,
                ),
            )]),
        ),
    ]),
);
const LAMBDA_CONFIG: Member = (
    "LambdaConfig",
    OPTIONAL,
    &Shape::Record(&[
        ("PreSignUp", OPTIONAL, &ARN),
        ("CustomMessage", OPTIONAL, &ARN),
        ("PostConfirmation", OPTIONAL, &ARN),
        ("PreAuthentication", OPTIONAL, &ARN),
        ("PostAuthentication", OPTIONAL, &ARN),
        ("DefineAuthChallenge", OPTIONAL, &ARN),
        ("CreateAuthChallenge", OPTIONAL, &ARN),
        ("VerifyAuthChallengeResponse", OPTIONAL, &ARN),
        ("PreTokenGeneration", OPTIONAL, &ARN),
        ("UserMigration", OPTIONAL, &ARN),
        (
            "PreTokenGenerationConfig",
            OPTIONAL,
            &Shape::Record(&[
                ("LambdaVersion", REQUIRED, &Shape::Enum(&["V1_0", "V2_0", "V3_0"])),
                ("LambdaArn", REQUIRED, &ARN),
            ]),
        ),
        ("KMSKeyID", OPTIONAL, &ARN),
    ]),
);
const VERIFICATION_TEMPLATE: Member = (
    "VerificationMessageTemplate",
    OPTIONAL,
    &Shape::Record(&[
        ("SmsMessage", OPTIONAL, &CODE_MESSAGE),
        ("EmailMessage", OPTIONAL, &EMAIL_CODE),
        ("EmailSubject", OPTIONAL, &EMAIL_SUBJECT),
        ("EmailMessageByLink", OPTIONAL, &EMAIL_LINK),
        ("EmailSubjectByLink", OPTIONAL, &EMAIL_SUBJECT),
        ("DefaultEmailOption", OPTIONAL, &Shape::Enum(&["CONFIRM_WITH_LINK", "CONFIRM_WITH_CODE"])),
    ]),
);
const EMAIL_CONFIGURATION: Member = (
    "EmailConfiguration",
    OPTIONAL,
    &Shape::Record(&[
        ("SourceArn", OPTIONAL, &ARN),
        ("ReplyToEmailAddress", OPTIONAL, &FREE),
        ("EmailSendingAccount", OPTIONAL, &Shape::Enum(&["COGNITO_DEFAULT", "DEVELOPER"])),
        ("From", OPTIONAL, &FREE),
        ("ConfigurationSet", OPTIONAL, &Shape::Text(1, 64, "[a-zA-Z0-9_-]+")),
    ]),
);
const SMS_CONFIGURATION: Member = (
    "SmsConfiguration",
    OPTIONAL,
    &Shape::Record(&[
        ("SnsCallerArn", REQUIRED, &ARN),
        ("ExternalId", OPTIONAL, &FREE),
        ("SnsRegion", OPTIONAL, &Shape::Text(5, 32, ANY)),
    ]),
);
const ADMIN_CREATE: Member = (
    "AdminCreateUserConfig",
    OPTIONAL,
    &Shape::Record(&[
        ("AllowAdminCreateUserOnly", OPTIONAL, &FLAG),
        ("UnusedAccountValidityDays", OPTIONAL, &Shape::Integer(0, 365)),
        (
            "InviteMessageTemplate",
            OPTIONAL,
            &Shape::Record(&[
                ("SMSMessage", OPTIONAL, &Shape::Text(6, 140, ANY)),
                ("EmailMessage", OPTIONAL, &Shape::Text(6, 20_000, ANY)),
                ("EmailSubject", OPTIONAL, &EMAIL_SUBJECT),
            ]),
        ),
    ]),
);
const RECOVERY: Member = (
    "AccountRecoverySetting",
    OPTIONAL,
    &Shape::Record(&[(
        "RecoveryMechanisms",
        OPTIONAL,
        &Shape::List(
            &Shape::Record(&[
                ("Priority", REQUIRED, &Shape::Integer(1, 2)),
                (
                    "Name",
                    REQUIRED,
                    &Shape::Enum(&["verified_email", "verified_phone_number", "admin_only"]),
                ),
            ]),
            1,
            2,
        ),
    )]),
);
const ADD_ONS: Member = (
    "UserPoolAddOns",
    OPTIONAL,
    &Shape::Record(&[
        ("AdvancedSecurityMode", REQUIRED, &Shape::Enum(&["OFF", "AUDIT", "ENFORCED"])),
        (
            "AdvancedSecurityAdditionalFlows",
            OPTIONAL,
            &Shape::Record(&[("CustomAuthMode", OPTIONAL, &Shape::Enum(&["AUDIT", "ENFORCED"]))]),
        ),
    ]),
);
const DEVICES: Member = (
    "DeviceConfiguration",
    OPTIONAL,
    &Shape::Record(&[
        ("ChallengeRequiredOnNewDevice", OPTIONAL, &FLAG),
        ("DeviceOnlyRememberedOnUserPrompt", OPTIONAL, &FLAG),
    ]),
);
const UPDATE_SETTINGS: Member = (
    "UserAttributeUpdateSettings",
    OPTIONAL,
    &Shape::Record(&[("AttributesRequireVerificationBeforeUpdate", OPTIONAL, &CONTACT)]),
);
const PROTECTION: Member = ("DeletionProtection", OPTIONAL, &Shape::Enum(&["ACTIVE", "INACTIVE"]));
const MFA: Member = ("MfaConfiguration", OPTIONAL, &Shape::Enum(&["OFF", "ON", "OPTIONAL"]));
const TIER: Member = ("UserPoolTier", OPTIONAL, &Shape::Enum(&["LITE", "ESSENTIALS", "PLUS"]));
const AUTO_VERIFIED: Member = ("AutoVerifiedAttributes", OPTIONAL, &CONTACT);
const SMS_VERIFICATION: Member = ("SmsVerificationMessage", OPTIONAL, &CODE_MESSAGE);
const EMAIL_VERIFICATION: Member = ("EmailVerificationMessage", OPTIONAL, &EMAIL_CODE);
const EMAIL_VERIFICATION_SUBJECT: Member = ("EmailVerificationSubject", OPTIONAL, &EMAIL_SUBJECT);
const SMS_AUTHENTICATION: Member = ("SmsAuthenticationMessage", OPTIONAL, &CODE_MESSAGE);

const ATTRIBUTE: Shape = Shape::Record(&[
    ("Name", OPTIONAL, &Shape::Text(1, 20, r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")),
    ("AttributeDataType", OPTIONAL, &Shape::Enum(&["String", "Number", "DateTime", "Boolean"])),
    ("DeveloperOnlyAttribute", OPTIONAL, &FLAG),
    ("Mutable", OPTIONAL, &FLAG),
    ("Required", OPTIONAL, &FLAG),
    (
        "NumberAttributeConstraints",
        OPTIONAL,
        &Shape::Record(&[("MinValue", OPTIONAL, &FREE), ("MaxValue", OPTIONAL, &FREE)]),
    ),
    (
        "StringAttributeConstraints",
        OPTIONAL,
        &Shape::Record(&[("MinLength", OPTIONAL, &FREE), ("MaxLength", OPTIONAL, &FREE)]),
    ),
]);

pub(in crate::services::cognito) const CREATE_POOL: &[Member] = &[
    ("PoolName", REQUIRED, &NAME),
    POLICIES,
    PROTECTION,
    LAMBDA_CONFIG,
    AUTO_VERIFIED,
    (
        "AliasAttributes",
        OPTIONAL,
        &Shape::List(&Shape::Enum(&["phone_number", "email", "preferred_username"]), 0, 3),
    ),
    ("UsernameAttributes", OPTIONAL, &CONTACT),
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
    ("UserPoolTags", OPTIONAL, &TAGS),
    ADMIN_CREATE,
    ("Schema", OPTIONAL, &Shape::List(&ATTRIBUTE, 1, 50)),
    ADD_ONS,
    ("UsernameConfiguration", OPTIONAL, &Shape::Record(&[("CaseSensitive", REQUIRED, &FLAG)])),
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
    ("UserPoolTags", OPTIONAL, &TAGS),
    ADMIN_CREATE,
    ADD_ONS,
    RECOVERY,
    ("PoolName", OPTIONAL, &NAME),
    TIER,
];

pub(in crate::services::cognito) const POOL_ONLY: &[Member] = &[POOL];

pub(in crate::services::cognito) const LIST_POOLS: &[Member] =
    &[("NextToken", OPTIONAL, &TOKEN), ("MaxResults", REQUIRED, &Shape::Integer(1, 60))];

pub(in crate::services::cognito) const SET_MFA: &[Member] = &[
    POOL,
    ("SoftwareTokenMfaConfiguration", OPTIONAL, &Shape::Record(&[("Enabled", OPTIONAL, &FLAG)])),
    (
        "SmsMfaConfiguration",
        OPTIONAL,
        &Shape::Record(&[("SmsAuthenticationMessage", OPTIONAL, &CODE_MESSAGE), SMS_CONFIGURATION]),
    ),
    MFA,
];

pub(in crate::services::cognito) const TAG: &[Member] =
    &[("ResourceArn", REQUIRED, &ARN), ("Tags", REQUIRED, &TAGS)];
pub(in crate::services::cognito) const UNTAG: &[Member] = &[
    ("ResourceArn", REQUIRED, &ARN),
    ("TagKeys", REQUIRED, &Shape::List(&Shape::Text(1, 128, ANY), 0, 50)),
];
pub(in crate::services::cognito) const LIST_TAGS: &[Member] = &[("ResourceArn", REQUIRED, &ARN)];
