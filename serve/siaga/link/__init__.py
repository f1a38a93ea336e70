"""The other direction: what a site's boxes shall do, and what they say of themselves."""

from siaga.link.bell import Bell
from siaga.link.boxes import Boxes
from siaga.link.configurations import Configurations
from siaga.link.models import Models
from siaga.link.orders import SiteOrders
from siaga.link.previews import Previews
from siaga.link.who import Who

__all__ = ["Bell", "Boxes", "Configurations", "Models", "Previews", "SiteOrders", "Who"]
