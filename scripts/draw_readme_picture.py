"""Draw the picture of the README: the main figure of the bundled plan, exactly as the report shows it."""

from __future__ import annotations

from pathlib import Path

import tarazu as tz
from tarazu.planning.pictures import fan_picture
from tarazu.report.figures import draw

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "kaz-irn-path.svg"


def main() -> None:
    """Write the picture."""
    plan = tz.plan("kaz-irn")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(fan_picture(plan)), encoding="utf-8")
    print(PICTURE)


if __name__ == "__main__":
    main()
