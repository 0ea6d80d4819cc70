"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.session.pages import (
    appointments,
    calendar,
    discharge,
    flowsheet,
    infusion_record,
    preparation,
    room,
    stock,
    voiding,
    wall,
)

urls = [
    *appointments.urls,
    *calendar.urls,
    *preparation.urls,
    *room.urls,
    *infusion_record.urls,
    *voiding.urls,
    *discharge.urls,
    *wall.urls,
    *flowsheet.urls,
    *stock.urls,
]
