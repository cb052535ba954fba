"""What was found in records that were not rejected is counted over all tasks, for one warning each."""

from headrace.prepare.observations import Observations
from headrace.prepare.rejects.rejection import UnreadArchiveError


def test_observations_of_all_tasks_give_one_warning_each() -> None:
    total = Observations()
    assert total.warnings(None) == []
    for paths, sizes in ((["a/1.tif"], [(70, 100)]), (["b/2.gif", "b/3.gif"], [(0, 900)])):
        task = Observations()
        for path in paths:
            task.add_frames(path)
        for unread, size in sizes:
            task.add_damaged_archive(UnreadArchiveError("cut", unread, size))
        task.grey_bits[12] += 1
        total.update(task)
    grey, frames, archives = total.warnings(None)
    assert "2 of 2 16-bit grayscale images" in grey
    assert frames.startswith("3 images have several pages or frames, such as 'a/1.tif'; only the first one is used.")
    assert archives.startswith("2 archives are damaged: at least 70 of their 1,000 bytes was not read.")
    assert total.warnings(4095) == [frames, archives]
