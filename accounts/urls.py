"""Routes of the person, outside any team."""

from django.urls import path

from accounts.views import invitations, person, teams

urlpatterns = [
    path("", person.home, name="home"),
    path("me/", person.me, name="me"),
    path("teams/new/", teams.team_new, name="team-new"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
]
