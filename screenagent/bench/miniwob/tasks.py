"""The 125 tasks of MiniWoB++ by what they ask for, from a click on what is named to games."""

from __future__ import annotations

from typing import Final

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(tasks.split())
    for name, tasks in {
        # One screen, and what is named on it is clicked or typed into.
        "A1": """click-button click-button-sequence click-link click-dialog click-dialog-2 click-test click-test-2
            click-test-transfer click-tab click-option click-checkboxes click-checkboxes-large click-checkboxes-transfer
            focus-text focus-text-2 enter-text enter-text-2 enter-text-dynamic enter-password login-user unicode-test
            click-widget multi-layouts multi-orderings""",
        # What is named has to be reached through a widget: a list, a calendar, a slider, a menu.
        "A2": """enter-date enter-time choose-list click-scroll-list click-menu click-menu-2 click-collapsible
            click-collapsible-nodelay click-pie click-pie-nodelay login-user-popup navigate-tree use-autocomplete
            use-autocomplete-nodelay use-spinner use-slider use-slider-2 choose-date choose-date-easy choose-date-medium
            choose-date-nodelay copy-paste copy-paste-2 form-sequence form-sequence-2 form-sequence-3 scroll-text-2
            resize-textarea highlight-text highlight-text-2 text-editor sign-agreement buy-ticket order-food""",
        # Looking through pages, tabs, mails or tables, and remembering what was read.
        "B1": """click-tab-2 click-tab-2-easy click-tab-2-medium click-tab-2-hard click-collapsible-2
            click-collapsible-2-nodelay search-engine email-inbox email-inbox-delete email-inbox-forward
            email-inbox-forward-nl email-inbox-forward-nl-turk email-inbox-important email-inbox-nl-turk
            email-inbox-noscroll email-inbox-reply email-inbox-star-reply social-media social-media-all
            social-media-some read-table read-table-2 find-word phone-book daily-calendar book-flight
            book-flight-nodelay stock-market terminal scroll-text""",
        # Arithmetic, counting, colours, shapes, meanings and games.
        "B2": """simple-arithmetic simple-algebra odd-or-even ascending-numbers guess-number generate-number
            find-greatest count-shape count-sides identify-shape click-shape click-shades click-color visual-addition
            number-checkboxes click-checkboxes-soft text-transform tic-tac-toe grid-coordinate hot-cold""",
        # Geometry, dragging, drawing.
        "B3": """bisect-angle right-angle circle-center find-midpoint drag-box drag-circle drag-cube drag-items
            drag-items-grid drag-shapes drag-shapes-2 drag-single-shape drag-sort-numbers draw-circle draw-line
            use-colorwheel use-colorwheel-2""",
    }.items()
}
TASKS: Final = tuple(task for tasks in GROUPS.values() for task in tasks)
GROUP_OF: Final = {task: group for group, tasks in GROUPS.items() for task in tasks}
