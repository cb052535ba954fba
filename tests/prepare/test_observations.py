"""What was found in records that were not rejected is counted over all tasks, for one warning each."""

from headrace.prepare.encoders.image_findings import ImageFinding
from headrace.prepare.observations import Observations
from headrace.prepare.rejects.rejection import UnreadArchiveError


def test_observations_of_all_tasks_give_one_warning_each() -> None:
    total = Observations()
    assert total.warnings(None) == []
    for paths, sizes in ((["a/1.tif"], [(70, 100)]), (["b/2.gif", "b/3.gif"], [(0, 900)])):
        task = Observations()
        for path in paths:
            task.add_findings([ImageFinding.SEVERAL_FRAMES], path)
        for unread, size in sizes:
            task.add_damaged_archive(UnreadArchiveError("cut", unread, size))
        task.grey_bits[12] += 1
        total.update(task)
    total.colour_bits[10] += 1
    grey, colours, archives, frames = total.warnings(None)
    assert "1 of 1 16-bit color images have no value above 1023" in colours
    assert "2 of 2 16-bit grayscale images" in grey
    assert frames.startswith("3 images have several pages or frames, of which only the first is used")
    assert frames.endswith("such as 'a/1.tif'.")
    assert archives.startswith("2 archives are damaged: at least 70 of their 1,000 bytes was not read.")
    assert total.warnings(4095) == [colours, archives, frames]
