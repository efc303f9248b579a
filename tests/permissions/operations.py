"""Who may do what, as PRODUCT says, written by hand: each field that can be asked first, and each
other one that not everybody sees who has its object.

A row names an operation and, for every kind of actor, what becomes of it on a tenant of his own and
on a foreign one. Where the role matrix decides, it names the permission (`tests/permissions/matrix`
has the cells); some rows that come again and again have a name, see `ROWS`. Where a row has one
half only, the operation names nothing of a tenant.

    +  done, or shown
    -  PERMISSION_DENIED
    0  NOT_FOUND or null: as if it did not exist
    e  a list that he may have, with nothing in it
    u  UNAUTHENTICATED
    w  his to do, with another code, link or password than the one tried

The columns of the own tenant, in groups:

    us    nobody signed in, a stranger
    OMAC  OWNER, MANAGER, ADMINISTRATOR, ACCOUNTANT of a PROJECT
    OAUP  OWNER, ADMINISTRATOR, USER, OPERATOR of a SUBSCRIBER, which serves the PROJECT
    OU    OWNER, USER of an ACCOUNT
    pdr   a pending, a disabled and a removed member of the PROJECT
    an    a key of the PROJECT with all permissions that a key can have, and one with `dns:manage`
    LK    a USER of the SUBSCRIBER who administers its app, an OWNER who made the PROJECT's app
    o     an OPERATOR of the SUBSCRIBER, on the PROJECT
    SA    SUPPORT and ADMIN of the provider, on the PROJECT
"""

ROWS = """
                    us OMAC OAUP OU pdr an LK o SA
everybody           ++ ++++ ++++ ++ +++ ++ ++ + ++
everybody-in-vain   ww wwww wwww ww www ww ww w ww
people              ++ ++++ ++++ ++ +++ -- ++ + ++
people-in-vain      ww wwww wwww ww www -- ww w ww
known               u+ ++++ ++++ ++ +++ ++ ++ + ++
signed-in           u+ ++++ ++++ ++ +++ -- ++ + ++
signed-in-in-vain   uw wwww wwww ww www -- ww w ww
staff               u- ---- ---- -- --- -- -- - ++
admin               u- ---- ---- -- --- -- -- - -+
nothing             u0 0000 0000 00 000 00 00 0 00
nothing-for-people  u0 0000 0000 00 000 -- 00 0 00
nobody              00 0000 0000 00 000 00 00 0 00
"""

MUTATIONS = """
signIn                     people
signOut                    people
startProviderSignIn        00 0000 0000 00 000 -- 00 0 00
signInWithProvider         people-in-vain
acceptInvitation           w+ ++++ ++++ ++ +++ -- ++ + ++  ww wwww wwww ww www -- ww w ww
declineInvitation          w+ ++++ ++++ ++ +++ -- ++ + ++  ww wwww wwww ww www -- ww w ww
acceptTenantInvitation     people-in-vain
confirmEmail               people-in-vain
requestPasswordReset       people
resetPassword              people-in-vain
registerTenant             people-in-vain
completeRegistration       people-in-vain

createTenant               signed-in
updateProfile              signed-in
updateSettings             signed-in
deleteMyAccount            signed-in
changeEmail                signed-in
changePassword             signed-in
requestPhoneCode           signed-in-in-vain
requestPhoneRemoval        signed-in-in-vain
confirmPhone               signed-in-in-vain
removePhone                signed-in-in-vain
enrolSecondFactor          signed-in
confirmSecondFactor        signed-in-in-vain
disableSecondFactor        signed-in-in-vain
renewRecoveryCodes         signed-in-in-vain
startProviderLink          nothing-for-people
linkIdentity               signed-in-in-vain
unlinkIdentity             signed-in   nothing-for-people
endSession                 signed-in   nothing-for-people
endOtherSessions           signed-in
removeAvatar               signed-in
unblockTenant              signed-in   nothing-for-people

updateTenant               tenant:edit          nothing
deleteTenant               tenant:delete        nothing
leaveTenant                u0 ++++ ++++ ++ 0+0 -- ++ 0 00   nothing-for-people
transferOwnership          owners:transfer      nothing
inviteMember               members:invite       nothing
resendInvitation           members:invite       nothing
revokeInvitation           members:invite       nothing
planMemberImport           members:invite       nothing
applyMemberImport          members:invite       nothing
addMember                  members:invite       nothing
updateMember               members:edit         nothing
setMemberPassword          members:edit         nothing
changeRole                 members:change_role  nothing
removeMember               members:remove       nothing
setMemberEnabled           members:disable      nothing
setMemberLimits            members:limit        nothing
setMemberPermissions       members:grant        nothing

createApp                  apps:manage          nothing
updateApp                  u0 +++0 ++00 +0 000 +0 -+ 0 00   nothing
removeApp                  u0 +++0 ++00 +0 000 +0 -+ 0 00   nothing
setAppAccess               apps:assign          nothing
setAppRoles                u0 ++-0 ++00 +0 000 +0 0+ 0 00   nothing
setAppControl              u0 ---0 --00 -0 000 -- -+ 0 00   nothing-for-people
requestAppAction           u0 ---0 --00 -0 000 -- ++ 0 00   nothing-for-people
createAppRole              u0 ---0 --00 -0 000 -- ++ 0 00   nothing-for-people
updateAppRole              u0 ---0 --00 -0 000 -- ++ 0 00   nothing-for-people
removeAppRole              u0 ---0 --00 -0 000 -- ++ 0 00   nothing-for-people
launchApp                  u0 ---0 --00 -0 000 -- ++ 0 00   nothing-for-people
endAppSession              u0 0000 0000 00 000 -- ++ 0 00   nothing-for-people
endAppSessions             u0 ---0 --00 -0 000 -- ++ 0 00   nothing-for-people

createApiKey               keys:manage          nothing
rotateApiKey               keys:manage          nothing
revokeApiKey               keys:manage          nothing
createWebhookEndpoint      keys:manage          nothing
updateWebhookEndpoint      keys:manage          nothing
setWebhookEndpointEnabled  keys:manage          nothing
rotateWebhookSecret        keys:manage          nothing
removeWebhookEndpoint      keys:manage          nothing
sendTestWebhook            keys:manage          nothing
redeliverWebhook           keys:manage          nothing

inviteTenant               tenants:invite       nothing
resendTenantInvitation     u0 0000 +--+ 00 000 00 -0 0 00   nothing
revokeTenantInvitation     u0 0000 +--+ 00 000 00 -0 0 00   nothing
endServicing               u0 +--- +00- 0- 000 -- 0+ - ++   u0 0000 0000 00 000 -- 00 0 ++
subscribeTenant            u0 ---- +00+ -- 000 -- 0- + ++   u0 0000 0000 00 000 00 00 0 ++
renewSubscription          u0 ---0 +00+ -0 000 -0 0- + ++   u0 0000 0000 00 000 00 00 0 ++
cancelSubscription         u0 ---0 +00+ -0 000 -0 0- + ++   u0 0000 0000 00 000 00 00 0 ++

createUser                 staff
updateUser                 staff
removeFirstUser            staff
disableFirstUser           staff
sendNews                   staff
createTariff               admin
updateTariff               admin
setServicingOrganization   staff
"""

QUERIES = """
me                    0+ ++++ ++++ ++ +++ 00 ++ + ++
viewer                0+ ++++ ++++ ++ +++ ++ ++ + ++
roleMatrix            everybody
identityProviders     everybody
registrationIsOpen    everybody
passwordMinLength     everybody
invitation            everybody-in-vain
tenantInvitation      everybody-in-vain
accountLink           everybody-in-vain
tariffs               known
users                 staff
tenant                u0 ++++ ++++ ++ 000 ++ ++ 0 00   nothing
tenants               u0 ++++ ++++ ++ 000 ++ ++ 0 00   nothing
members               members:view     nothing
memberChanges         members:view     nothing
apps                  u0 eeee eeee ee 000 ee ++ 0 00   nothing
apiKeys               keys:manage      nothing
webhookEndpoints      keys:manage      nothing
memberImports         members:invite   nothing
memberImport          members:invite   nothing
subscriptions         staff            staff
node                  00 ++++ ++++ ++ 000 ++ ++ 0 00   nobody
"""

NODES = """
Tenant             00 ++++ ++++ ++ 000 ++ ++ 0 00   nobody
Member             00 ++++ ++00 +0 000 +0 0+ 0 00   nobody
User               00 ++++ ++00 +0 000 +0 0+ 0 ++   00 0000 0000 00 000 00 00 0 ++
Invitation         00 ++00 ++00 +0 000 +0 0+ 0 00   nobody
App                00 +++0 ++00 +0 000 +0 ++ 0 00   nobody
AppRole            00 +++0 ++00 +0 000 +0 ++ 0 00   nobody
AppSession         00 0000 0000 00 000 00 ++ 0 00   nobody
AppAction          00 0000 0000 00 000 00 ++ 0 00   nobody
MemberImport       00 ++00 ++00 +0 000 +0 0+ 0 00   nobody
ApiKey             00 +000 +000 +0 000 +0 0+ 0 00   nobody
WebhookEndpoint    00 +000 +000 +0 000 +0 0+ 0 00   nobody
WebhookDelivery    00 +000 +000 +0 000 +0 0+ 0 00   nobody
AuditEvent         00 ++00 ++00 +0 000 +0 0+ 0 00   nobody
Subscription       00 +++0 +00+ +0 000 +0 0+ + ++   00 0000 0000 00 000 00 00 0 ++
Tariff             0+ ++++ ++++ ++ +++ ++ ++ + ++
Role               everybody
"""

FIELDS = """
Tenant: members
    00 ++++ ++-- +- 000 +- -+ 0 00   nobody
Tenant: addMemberOptions
    00 ++-- ++-- +- 000 +- -+ 0 00   nobody
Tenant: auditLog
    00 ++-- ++-- +- 000 +- -+ 0 00   nobody
Tenant: servicingOrganization
    00 0000 ++++ 00 000 0- +0 0 00   nobody
Tenant: servicedBy
    00 +++- 00-- 0- 000 +- -+ 0 00   nobody
Tenant: servicedTenants tenantInvitations
    00 ---- +--+ -- 000 -- -- 0 00   nobody
Tenant: apps
    00 +++e ++ee +e 000 +e ++ 0 00   nobody
Tenant: subscriptions
    00 +++- ++-- +- 000 +- -+ 0 00   nobody
User: avatarUrl
    00 ++++ 0000 +0 000 +0 0+ 0 ++   00 0000 0000 00 000 00 00 0 ++
User: account
    00 0000 0000 00 000 00 00 0 ++   00 0000 0000 00 000 00 00 0 ++
App: controlUrl actions
    00 0000 0000 00 000 00 ++ 0 00   nobody
App: sessions actionRequests
    00 ---0 --00 -0 000 -0 ++ 0 00   nobody
AppSession: member
    00 0000 0000 00 000 00 0+ 0 00   nobody
AppAction: member
    00 0000 0000 00 000 00 0+ 0 00   nobody
Member: login phone permissions permissionDetails maxSessions invitation
    00 ++00 ++00 +0 000 +0 0+ 0 00   nobody
Member: appAccess
    00 +++e ++00 +0 000 +0 0+ 0 00   nobody
Invitation: apps email delivery member
    00 ++00 ++00 +0 000 +0 0+ 0 00   nobody
ApiKey: state permissions effectivePermissions createdBy
    00 +000 +000 +0 000 +0 0+ 0 00   nobody
ApiKey: createdAt expiresAt formerSecretUntil tenant
    00 +000 +000 +0 000 +0 0+ 0 00   nobody
WebhookEndpoint: tenant deliveries
    00 +000 +000 +0 000 +0 0+ 0 00   nobody
MemberImportRow: member
    00 ++00 ++00 +0 000 +0 0+ 0 00   nobody
MemberChange: member
    members:view   nothing
"""

SUBSCRIPTIONS = """
memberChanged          members:view     nothing
invitationDelivery     members:invite   nothing
memberImportProgress   members:invite   nothing
myAccessChanged        u+ ++++ ++++ ++ +++ -- ++ + ++
"""
