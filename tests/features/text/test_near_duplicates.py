"""MinHash: the estimate of similarity."""

from headrace.features.text.near_duplicates import minhash, texts_are_near


def test_minhash_estimates_jaccard_similarity() -> None:
    words = [f"word{number}" for number in range(400)]
    left = minhash(" ".join(words[:300]))
    for shift, truth in ((0, 1.0), (30, 266 / 326), (300, 0.0)):
        right = minhash(" ".join(words[shift : shift + 300]))
        assert texts_are_near(left, right, max(0.0, truth - 0.12))
        assert truth == 1.0 or not texts_are_near(left, right, truth + 0.12)
