"""Routes of a team's own pages: its people and settings."""

from django.urls import path

from accounts.views import audit, invitations, members, teams

urlpatterns = [
    path("team/", teams.team, name="team"),
    path("team/roles/", teams.team_roles, name="team-roles"),
    path("team/settings/", teams.team_settings, name="team-settings"),
    path("team/audit/", audit.audit_page, name="audit"),
    path("team/audit/file/", audit.audit_file, name="audit-file"),
    path("team/leave/", members.team_leave, name="team-leave"),
    path("team/hand-over/", members.team_hand_over, name="team-hand-over"),
    path("team/members/<int:pk>/role/", members.member_role, name="member-role"),
    path("team/members/<int:pk>/remove/", members.member_remove, name="member-remove"),
    path("team/invitations/add/", invitations.invitation_add, name="invitation-add"),
    path(
        "team/invitations/<int:pk>/revoke/",
        invitations.invitation_revoke,
        name="invitation-revoke",
    ),
]
