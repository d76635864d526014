"""What people are called, where they live and how they ask for windows, in the languages of the demo."""

from collections.abc import Sequence
from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Tongue:
    """One language's share of the requests.

    Attributes:
        language: as BCP 47 writes it.
        country: two letters of ISO 3166-1.
        weight: how often somebody asks in it.
        women: given names; with `hers`, the family names that go with them. So with `men` and `his`.
        pattern: how a full name is put together.
        phone: the beginning of a mobile number, with a 0 for each digit that follows.
        asks: what is asked for; ``{n}`` stands for the number of windows.
    """

    language: str
    country: str
    weight: int
    women: Sequence[str]
    men: Sequence[str]
    hers: Sequence[str]
    his: Sequence[str]
    pattern: str = "{given} {family}"
    cities: Sequence[str]
    streets: Sequence[str]
    phone: str
    asks: Sequence[str]


TONGUES: Final = (
    Tongue(
        language="uz",
        country="UZ",
        weight=30,
        women=("Dilnoza", "Gulnora", "Madina", "Nigora", "Zulfiya", "Sevara", "Feruza"),
        men=("Aziz", "Jasur", "Otabek", "Shahzod", "Bobur", "Ulug‘bek", "Sardor"),
        hers=("Karimova", "Yo‘ldosheva", "Rahimova", "To‘rayeva", "G‘aniyeva"),
        his=("Karimov", "Yo‘ldoshev", "Rahimov", "To‘rayev", "G‘aniyev"),
        cities=("Toshkent", "Samarqand", "Farg‘ona", "Buxoro"),
        streets=("Amir Temur ko‘chasi {h}", "Mustaqillik ko‘chasi {h}, {f}-xonadon", "Chilonzor {h}"),
        phone="+998 90 000-00-00",
        asks=("{n} ta plastik deraza", "{n} ta deraza va balkon eshigi", "{n} ta derazani almashtirish"),
    ),
    Tongue(
        language="uz-Cyrl",
        country="UZ",
        weight=14,
        women=("Дилфуза", "Ҳилола", "Гулчеҳра", "Мукаддас", "Ойгул"),
        men=("Шаҳзод", "Ғайрат", "Қудрат", "Ўткир", "Жамшид"),
        hers=("Ўринова", "Қодирова", "Ҳакимова", "Ғуломова"),
        his=("Ўринов", "Қодиров", "Ҳакимов", "Ғуломов"),
        cities=("Тошкент", "Наманган", "Андижон"),
        streets=("Навоий кўчаси {h}", "Юнусобод {h}, {f}-хонадон"),
        phone="+998 93 000 00 00",
        asks=("{n} та пластик дераза", "{n} та дераза ва эшик"),
    ),
    Tongue(
        language="az",
        country="AZ",
        weight=17,
        women=("Aygün", "Günel", "Lalə", "Sevinc", "Nərgiz", "Könül"),
        men=("Elçin", "Rəşad", "Vüqar", "Orxan", "Şahin", "İlqar"),
        hers=("Məmmədova", "Əliyeva", "Hüseynova", "Quliyeva"),
        his=("Məmmədov", "Əliyev", "Hüseynov", "Quliyev"),
        cities=("Bakı", "Gəncə", "Sumqayıt"),
        streets=("Nizami küçəsi {h}", "Füzuli küçəsi {h}, mənzil {f}"),
        phone="+994 50 000 00 00",
        asks=("{n} plastik pəncərə", "{n} pəncərə və eyvan qapısı"),
    ),
    Tongue(
        language="mn",
        country="MN",
        weight=13,
        women=("Оюунчимэг", "Сарантуяа", "Энхжаргал", "Нарангэрэл", "Уянга"),
        men=("Бат-Эрдэнэ", "Төмөрбаатар", "Ганзориг", "Мөнхбат", "Хүрэлсүх"),
        hers=("Б.", "Д.", "Ө.", "Г."),
        his=("Б.", "Д.", "Ө.", "Г."),
        pattern="{family} {given}",
        cities=("Улаанбаатар", "Дархан", "Эрдэнэт"),
        streets=("Энхтайвны өргөн чөлөө {h}", "Чингисийн гудамж {h}, {f} тоот"),
        phone="+976 9900 0000",
        asks=("{n} вакуум цонх", "{n} цонх солиулах"),
    ),
    Tongue(
        language="lv",
        country="LV",
        weight=14,
        women=("Anna", "Līga", "Ilze", "Kristīne", "Žanete"),
        men=("Jānis", "Andris", "Mārtiņš", "Kārlis", "Ģirts"),
        hers=("Bērziņa", "Kalniņa", "Ozoliņa", "Šķēle"),
        his=("Bērziņš", "Kalniņš", "Ozoliņš", "Šķēle"),
        cities=("Rīga", "Jelgava", "Liepāja"),
        streets=("Brīvības iela {h}-{f}", "Čaka iela {h}", "Ķekavas iela {h}"),
        phone="+371 2000 0000",
        asks=("{n} plastikāta logi", "{n} logu nomaiņa ar palodzēm"),
    ),
    Tongue(
        language="fa",
        country="IR",
        weight=12,
        women=("مریم", "زهرا", "فاطمه", "نرگس", "پریسا"),
        men=("علی", "محمد", "رضا", "حسین", "کیوان"),
        hers=("کریمی", "رضایی", "محمدی", "شیرازی", "پورعلی‌زاده"),
        his=("کریمی", "رضایی", "محمدی", "شیرازی", "پورعلی‌زاده"),
        cities=("تهران", "شیراز", "اصفهان"),
        streets=("خیابان ولیعصر، پلاک {h}", "خیابان حافظ، پلاک {h}، واحد {f}"),
        phone="+98 912 000 0000",
        asks=("{n} پنجرهٔ دوجداره", "تعویض {n} پنجره (UPVC)"),
    ),
)
"""Who asks."""

SOURCES: Final = (
    ("web site", "", 34),
    ("Instagram", "spring windows", 20),
    ("Telegram", "", 14),
    ("recommendation", "", 13),
    ("advertising", "spring windows", 12),
    ("call", "", 5),
    ("", "", 2),
)
"""Where requests come from: the source, its campaign, and how often."""
